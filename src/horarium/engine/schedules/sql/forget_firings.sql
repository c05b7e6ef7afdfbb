-- Deletes up to $2 firings that were due, and decided, before $1; returns how many. A row of several
-- stays while one of its due times is kept; what waits is no history yet.
-- Carried by firings_due, read backwards.
with old as (
    select schedule, due_at from horarium.firings
    where due_at < $1::timestamptz and coalesce(due_until, due_at) < $1 and decided_at < $1
        and outcome <> 'buffered'
    order by due_at
    limit $2
),
gone as (
    delete from horarium.firings f using old
    where f.schedule = old.schedule and f.due_at = old.due_at
    returning 1
)
select count(*)::int from gone
