-- Due times of a span with more than one job, but for those that were asked for once more.
-- Carried by jobs_schedule and, in history, by when jobs ended: none ends before it is due.
select j.schedule, j.fired_for
from (
    select schedule, fired_for from horarium.jobs
    where schedule = any ($1::text[])
    union all
    select schedule, fired_for from horarium.job_history
    where schedule = any ($1) and finished_at > $2::timestamptz
) j
join horarium.firings f on f.schedule = j.schedule and f.due_at = j.fired_for
where j.fired_for > $2 and j.fired_for <= $3::timestamptz and f.reason <> 'backfill'
group by j.schedule, j.fired_for
having count(*) > 1
