-- Ends those jobs of a batch that do not run, as cancelled, and says how many; those that run,
-- run on. All at once: none is queued because another was cancelled.
-- The rows are locked first, in one order: a claim or a finish that is under way decides of each
-- which of the two it is. The keys of queued ones with a limit come back: their turns pass on.
-- Those that are followed come back: others may wait for their end.
-- Carried by jobs_batch and the primary key.
with found as (
    select id from horarium.jobs where batch = $1 and state <> 'running' order by id for update
),
ended as (
    delete from horarium.jobs j
    where j.id = any (array(select id from found)) and j.state <> 'running'
    returning j.*
),
kept as (
    insert into horarium.job_history (
        id, task, queue, priority, state, due_at, enqueued_at, attempt, worker, started_at,
        finished_at, owner, schedule, fired_for, arguments, payload, labels, error, limits, batch
    )
    select
        id, task, queue, priority, 'cancelled', due_at, enqueued_at, attempt, worker, started_at,
        coalesce($3::timestamptz, clock_timestamp()), owner, schedule, fired_for, arguments,
        payload, labels, $2::text::jsonb, limits, batch
    from ended
)
select
    count(*) as cancelled,
    coalesce(array_agg(id) filter (where followed), '{}') as followed,
    coalesce(array_agg(distinct limits ->> 'concurrency_key')
        filter (where state = 'queued' and limits ->> 'concurrency_key' is not null), '{}') as keys,
    coalesce(array_agg(distinct id) filter (where awaited), '{}') as awaited
from ended
