-- The attempts ($1 of ids, $2 of numbers) that a rescue has found lost too often, as their workers
-- claimed them.
-- Carried by the primary key.
select j.id, j.task, j.attempt, j.worker, j.queue, j.priority, j.due_at, j.started_at, j.arguments,
    j.payload, j.labels, j.owner, j.schedule, j.fired_for, j.cancelling, j.limits
from unnest($1::text[], $2::int[]) as lost (id, attempt)
join horarium.jobs j on j.id = lost.id and j.attempt = lost.attempt
where j.state = 'running'
