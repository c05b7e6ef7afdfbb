-- Deletes up to $2 acts that were done before $1; returns how many. Carried by the primary key: ids
-- rise with time.
with gone as (
    delete from horarium.schedule_acts a where a.id in (
        select id from horarium.schedule_acts where at < $1::timestamptz order by id limit $2
    )
    returning 1
)
select count(*)::int from gone
