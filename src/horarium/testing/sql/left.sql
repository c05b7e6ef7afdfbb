-- How many jobs a worker of the queues $2 (or of all) could run now or is running.
-- Promises: those of paused queues, and those that wait for a time or a limit, do not count.
-- Carried by jobs_queued, jobs_due and jobs_running; for tests, whose tables are small.
select count(*)
from horarium.jobs j
where (
        j.state in ('queued', 'running')
        or j.state in ('scheduled', 'retrying') and j.due_at <= coalesce($1::timestamptz, now())
    )
    and ($2::text[] is null or j.queue = any ($2))
    and not (
        j.state <> 'running'
        and exists (
            select from horarium.queues q where q.name = j.queue and q.paused_at is not null
        )
    )
