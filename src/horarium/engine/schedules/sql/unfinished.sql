-- The unfinished jobs of a schedule, those of a backfill left out.
-- Carried by jobs_schedule and the primary key of firings.
select j.id from horarium.jobs j
where j.schedule = $1 and (
    select f.reason from horarium.firings f
    where f.schedule = j.schedule and f.due_at = j.fired_for
) is distinct from 'backfill'
