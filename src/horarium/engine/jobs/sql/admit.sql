-- Starts jobs that were admitted, at the instant that their rates count; their rows are locked.
-- Carried by the primary key.
with admitted as (
    update horarium.jobs j
    set state = 'running', worker = $2, attempt = j.attempt + 1,
        started_at = coalesce($3::timestamptz, clock_timestamp()), limits = j.limits - 'postponed'
    where j.id = any ($1::text[]) and j.state in ('queued', 'waiting')
    returning j.id, j.task, j.attempt, j.worker, j.queue, j.priority, j.due_at, j.started_at,
        j.arguments, j.payload, j.labels, j.owner, j.schedule, j.fired_for,
        coalesce(j.expires_at <= coalesce($3, clock_timestamp()), false) as expired, j.cancelling,
        j.limits
)
select * from admitted order by priority desc, due_at, id
