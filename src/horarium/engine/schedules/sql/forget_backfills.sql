-- Deletes up to $2 backfills that ended before $1, with the list of their jobs; returns how many.
with gone as (
    delete from horarium.backfills b where b.id in (
        select id from horarium.backfills where ended_at < $1::timestamptz order by id limit $2
    )
    returning 1
)
select count(*)::int from gone
