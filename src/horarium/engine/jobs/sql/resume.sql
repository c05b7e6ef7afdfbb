-- Resumes a queue and wakes its workers; no row: it was not paused.
-- Carried by the primary key.
with resumed as (
    delete from horarium.queues where name = $1 returning name
)
select pg_notify($2, name) from resumed
