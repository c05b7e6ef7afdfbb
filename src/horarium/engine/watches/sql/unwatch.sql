-- A process watches nothing any more; watches that have lapsed long ago go with it.
-- Carried by the primary key, and few rows.
with gone as (
    delete from horarium.watches
    where watcher = $1 or until < clock_timestamp() - interval '1 hour'
)
select pg_notify($2, '')
