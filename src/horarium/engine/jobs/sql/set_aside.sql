-- Moves jobs that nobody can read from the hot table to history, as failed: those of the ids $2,
-- and those with an instant outside the years 1 to 9999 or a count that can go no further.
-- Promises: one that another worker ($1 is the caller) runs is left alone. Instants are kept as the
-- nearest that can be read.
-- Reads the hot table whole: done only when a worker has found something that it cannot read.
with bounds as (
    select timestamptz '0001-01-02 00:00+00' as first, timestamptz '9999-12-30 00:00+00' as last
),
unreadable as (
    delete from horarium.jobs j using bounds
    where (j.state <> 'running' or j.worker = $1) and (
        j.id = any ($2::text[])
        or j.due_at not between first and last
        or j.enqueued_at not between first and last
        or j.started_at not between first and last
        or j.fired_for not between first and last
        or j.attempt > 2000000000
    )
    returning j.*, concat_ws(', ',
        case when j.id = any ($2) then 'limits' end,
        case when j.due_at not between first and last then 'due_at' end,
        case when j.enqueued_at not between first and last then 'enqueued_at' end,
        case when j.started_at not between first and last then 'started_at' end,
        case when j.fired_for not between first and last then 'fired_for' end,
        case when j.attempt > 2000000000 then 'attempt' end
    ) as columns
)
insert into horarium.job_history (
    id, task, queue, priority, state, due_at, enqueued_at, attempt, worker, started_at,
    finished_at, owner, schedule, fired_for, arguments, payload, labels, error, limits,
    batch
)
select
    id, task, queue, priority, 'failed', greatest(first, least(due_at, last)),
    greatest(first, least(enqueued_at, last)), attempt, worker,
    case when started_at is not null then greatest(first, least(started_at, last)) end,
    coalesce($3::timestamptz, clock_timestamp()), owner, schedule,
    case when fired_for is not null then greatest(first, least(fired_for, last)) end,
    arguments, payload, labels,
    jsonb_build_object(
        'type', 'UnreadableJob',
        'message', 'no worker can read what its row says under ' || columns
            || '; enqueue it anew with values that can be used'
    ),
    case when jsonb_typeof(limits) = 'object' then limits end, batch
from unreadable, bounds
returning id, task, error ->> 'message' as message
