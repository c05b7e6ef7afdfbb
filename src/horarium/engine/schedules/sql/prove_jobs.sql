-- Due times of schedules ($1) in their spans (after $2, up to $3) with more than one job, but for
-- those that were asked for once more.
-- Carried by jobs_schedule and job_history_fired; of history only the months since the span began:
-- no job ends before it is due.
select j.schedule, j.fired_for
from unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) as span (schedule, start, until)
cross join lateral (
    select own.schedule, own.fired_for, count(*) as jobs
    from (
        select schedule, id, fired_for from horarium.jobs
        where schedule = span.schedule and fired_for > span.start and fired_for <= span.until
        union
        select schedule, id, fired_for from horarium.job_history
        where schedule = span.schedule and fired_for > span.start and fired_for <= span.until
            and finished_at > span.start
    ) own
    group by own.schedule, own.fired_for
    having count(*) > 1
) j
join horarium.firings f on f.schedule = j.schedule and f.due_at = j.fired_for
where f.reason <> 'backfill'
