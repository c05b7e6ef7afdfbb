-- Moves jobs that ended for good from the hot table to history, each with its outcome.
-- Promises: only what this worker still holds under the very claim it reports (its attempt, begun no
-- later than $8: a snoozed attempt has its number again). One row comes back: how many those were,
-- and which, where they are not all; the keys of jobs with limits, for others may wait under them; and
-- those that are followed, with their states, for others wait for their end; where $9 is false these
-- are left alone. Whoever waits for a result is notified, and so are the schedulers: the next firing of
-- a schedule may have waited.
-- Carried by the primary key (`is not distinct from`, and no word of the state, keep
-- jobs_running, full of the dead entries of just finished jobs, out of the plan; a job that has a
-- worker is running: the table says so).
with outcome as (
    select * from unnest($2::text[], $3::int[], $4::text[], $5::jsonb[], $6::jsonb[])
        as outcome (id, attempt, state, result, error)
),
ended as (
    delete from horarium.jobs j
    using outcome o
    where j.id = o.id and j.worker is not distinct from $1 and j.attempt = o.attempt
      and j.started_at <= $8::timestamptz and (not j.followed or $9)
    returning j.*, o.state as final_state, o.result, case
        -- Who ordered it to stop has said why.
        when o.state = 'cancelled' and j.cancelling and j.error ->> 'type' = 'Cancelled'
        then j.error else o.error end as final_error
),
kept as (
    insert into horarium.job_history (
        id, task, queue, priority, state, due_at, enqueued_at, attempt, worker, started_at,
        finished_at, owner, schedule, fired_for, arguments, payload, labels, result, error,
        limits, batch
    )
    select
        id, task, queue, priority, final_state, due_at, enqueued_at, attempt, worker, started_at,
        coalesce($7::timestamptz, clock_timestamp()), owner, schedule, fired_for, arguments,
        payload, labels, result, final_error, limits, batch
    from ended
)
select
    count(*) as accepted,
    case when count(*) < cardinality($2::text[]) then array_agg(id) end as ids,
    array_agg(limits ->> 'concurrency_key') filter (
        where limits ->> 'concurrency_key' is not null
    ) as keys,
    array_agg(id) filter (where followed) as followed,
    array_agg(final_state) filter (where followed) as states,
    count(case when awaited then pg_notify('horarium_finished', id) end) as awaited,
    count(case when schedule is not null then pg_notify('horarium_schedules', schedule) end)
        as scheduled
from ended
