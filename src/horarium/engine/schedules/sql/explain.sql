-- What stands in the way of a schedule's next job: jobs that have not finished, the oldest of them,
-- waiting firings, its queue's workers, and how late the longest due schedule is.
-- Carried by jobs_schedule, firings_buffered, workers_lease and schedules_next.
with clock as materialized (select coalesce($2::timestamptz, clock_timestamp()) as now)
select
    clock.now,
    job.id as job, job.state as job_state, job.queue as job_queue, job.started_at as job_started_at,
    job.due_at as job_due_at, job.error as job_error,
    (
        select count(*) from horarium.firings
        where schedule = $1 and outcome = 'buffered'
    ) as waiting,
    exists (
        select from horarium.workers w
        where w.stopped_at is null and w.lease_until > clock.now
          and (coalesce(cardinality(w.queues), 0) = 0 or coalesce(job.queue, $3) = any (w.queues))
    ) as listened
from clock
left join lateral (
    select * from horarium.jobs where schedule = $1 order by fired_for nulls last, id limit 1
) job on true
