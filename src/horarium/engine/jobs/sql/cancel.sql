-- Ends a job that has not begun, as cancelled. A running one is asked to stop.
-- The row is locked first: a claim or a finish that is under way decides which of the two it is.
-- A queued one with a limit comes back with its key: its turn passes to the next. One that is
-- followed comes back as such: others wait for its end.
-- No worker tells of one that has not begun: it is told here, where anybody watches.
-- Carried by the primary key.
with found as (
    select id, state from horarium.jobs where id = $1 for update
),
ended as (
    delete from horarium.jobs j using found f where j.id = f.id and f.state <> 'running'
    returning j.*
),
kept as (
    insert into horarium.job_history (
        id, task, queue, priority, state, due_at, enqueued_at, attempt, worker, started_at,
        finished_at, owner, schedule, fired_for, arguments, payload, labels, error,
        limits, batch
    )
    select
        id, task, queue, priority, 'cancelled', due_at, enqueued_at, attempt, worker, started_at,
        coalesce($3::timestamptz, clock_timestamp()), owner, schedule, fired_for, arguments,
        payload, labels, $2::text::jsonb, limits, batch
    from ended
),
asked as (
    -- Why, if that was said: the outcome of the attempt will carry it.
    update horarium.jobs j set cancelling = true,
        error = case when $2::text::jsonb ->> 'message' <> '' then $2::text::jsonb else j.error end
    from found f
    where j.id = f.id and f.state = 'running'
    returning j.worker
)
select 'cancelled' as became, case when awaited then pg_notify('horarium_finished', id) end,
    case when schedule is not null then pg_notify('horarium_schedules', schedule) end,
    case when state = 'queued' then limits ->> 'concurrency_key' end as key,
    followed,
    case when exists (select from horarium.watches where until > clock_timestamp())
        then pg_notify('horarium_events', json_build_object(
            'event', 'cancelled', 'id', id, 'task', task, 'queue', queue, 'attempt', attempt,
            'owner', owner, 'outcome', 'cancelled', 'took', 0,
            'error', left($2::text::jsonb ->> 'message', 500)
        )::text)
    end
from ended
union all
select 'cancelling', pg_notify('horarium_cancel', $1), null, null, false, null from asked
