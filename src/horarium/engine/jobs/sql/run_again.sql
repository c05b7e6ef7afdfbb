-- Moves ended jobs ($1, each with the instant $2 at which it ended) from history back to the hot
-- table: queued, due now, with a new count of attempts. The run that ended it is kept in attempts.
-- Promises: a job that has been run again meanwhile, or is enqueued anew, is left alone; the ids
-- that come back are those moved. Labels in which retry middlewares count are taken off. Of unique
-- jobs only the first under a key is moved, and none while another is there under it, unfinished;
-- the keys are locked, by a statement before this one.
-- Carried by job_history_id and the primary keys.
with clock as (
    select coalesce($3::timestamptz, clock_timestamp()) as now
),
named as (
    select h.id, h.finished_at,
        case when jsonb_typeof(h.labels) = 'object' then h.labels ->> '_unique' end as key
    from unnest($1::text[], $2::timestamptz[]) as given (id, finished_at)
    join horarium.job_history h on h.id = given.id and h.finished_at = given.finished_at
),
wanted as (
    select distinct on (coalesce(key, id), key is null) id, finished_at, key
    from named cross join clock
    where key is null or not exists (
        select from horarium.unique_jobs u
        join horarium.jobs j on j.id = u.job and j.enqueued_at = u.enqueued_at
        where u.key = named.key and (u.until is null or u.until > clock.now)
    )
    order by coalesce(key, id), key is null, finished_at, id
),
ended as (
    delete from horarium.job_history h
    using wanted w
    where h.id = w.id and h.finished_at = w.finished_at
      and not exists (select from horarium.jobs j where j.id = w.id)
    returning h.*, w.key
),
taken as (
    -- Its period counts from its own enqueue.
    update horarium.unique_jobs u
    set job = e.id, enqueued_at = e.enqueued_at, until = e.enqueued_at + (u.until - u.enqueued_at)
    from ended e where u.key = e.key
),
kept as (
    insert into horarium.attempts (job, attempt, worker, started_at, ended_at, outcome, error)
    select id, attempt, worker, started_at, finished_at, state, error from ended
    -- One that was cancelled in the very microsecond in which its last attempt failed: that stays.
    on conflict (job, attempt, ended_at) do nothing
),
queued as (
    insert into horarium.jobs (
        id, task, queue, priority, state, due_at, enqueued_at, owner, schedule, fired_for,
        arguments, payload, labels, limits, batch
    )
    select
        id, task, queue, priority, 'queued', clock.now,
        enqueued_at, owner, schedule, fired_for, arguments, payload,
        case when jsonb_typeof(labels) = 'object'
            then labels - '{_retries,X-Taskiq-requeue}'::text[] else labels end,
        limits - 'postponed', batch
    from ended cross join clock
    returning id, queue
)
select id, pg_notify($4, queue) from queued
