-- Whether schedules have something under way: unfinished jobs (those of a backfill do not stand in
-- the way of a due time) and firings that wait. Only schedules with either come back.
-- Carried by jobs_schedule, the primary key of firings, and firings_buffered.
select due.id as schedule, coalesce(job.n, 0) as jobs, coalesce(waiting.n, 0) as buffered
from unnest($1::text[]) as due (id)
left join lateral (
    select 1 as n from horarium.jobs j
    where j.schedule = due.id and (
        select f.reason from horarium.firings f
        where f.schedule = j.schedule and f.due_at = j.fired_for
    ) is distinct from 'backfill'
    limit 1
) job on true
left join lateral (
    select 1 as n from horarium.firings f
    where f.schedule = due.id and f.outcome = 'buffered'
    limit 1
) waiting on true
where job.n is not null or waiting.n is not null
