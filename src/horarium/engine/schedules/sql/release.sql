-- Locks the earliest waiting firing of each schedule that has no unfinished job any more, with the
-- definition that decided it. A paused or parked schedule's wait on.
-- Carried by firings_buffered, one probe for each schedule that has any, and by jobs_schedule.
with recursive head as (
    (
        select schedule, due_at from horarium.firings
        where outcome = 'buffered' order by schedule, due_at limit 1
    )
    union all
    select next.schedule, next.due_at
    from head, lateral (
        select f.schedule, f.due_at from horarium.firings f
        where f.outcome = 'buffered' and f.schedule > head.schedule
        order by f.schedule, f.due_at limit 1
    ) next
),
ready as materialized (
    -- Scalar: each is one probe, and cannot become a join over a whole table.
    select head.schedule, head.due_at
    from head
    where (select s.state from horarium.schedules s where s.id = head.schedule)
            in ('active', 'ended')
        and (
            select 1 from horarium.jobs j
            where j.schedule = head.schedule and (
                select f.reason from horarium.firings f
                where f.schedule = j.schedule and f.due_at = j.fired_for
            ) is distinct from 'backfill'
            limit 1
        ) is null
    limit 1000
)
select f.schedule as id, f.due_at, f.covers_from, f.covers_until, (
    select v.definition from horarium.schedule_versions v
    where v.schedule = f.schedule and v.version = f.version
) as definition
from ready
cross join lateral (
    select * from horarium.firings
    where schedule = ready.schedule and due_at = ready.due_at and outcome = 'buffered'
    for update skip locked
) f
