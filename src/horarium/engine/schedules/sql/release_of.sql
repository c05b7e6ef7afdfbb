-- The same as `release`, of certain schedules: those whose job has ended.
-- Carried by firings_buffered, one probe for each schedule, and by jobs_schedule.
with head as materialized (
    select ended.schedule, first.due_at
    from unnest($1::text[]) as ended (schedule)
    cross join lateral (
        select due_at from horarium.firings
        where schedule = ended.schedule and outcome = 'buffered' order by due_at limit 1
    ) first
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
