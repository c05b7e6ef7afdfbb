-- Moves ended jobs ($1, each with the instant $2 at which it ended) from history back to the hot
-- table: queued, due now, with a new count of attempts. The run that ended it is kept in attempts.
-- Promises: a job that has been run again meanwhile, or is enqueued anew, is left alone; the ids
-- that come back are those moved. Labels in which retry middlewares count are taken off.
-- Carried by job_history_id and the primary key.
with wanted as (
    select * from unnest($1::text[], $2::timestamptz[]) as wanted (id, finished_at)
),
ended as (
    delete from horarium.job_history h
    using wanted w
    where h.id = w.id and h.finished_at = w.finished_at
      and not exists (select from horarium.jobs j where j.id = w.id)
    returning h.*
),
kept as (
    insert into horarium.attempts (job, attempt, worker, started_at, ended_at, outcome, error)
    select id, attempt, worker, started_at, finished_at, state, error from ended
),
queued as (
    insert into horarium.jobs (
        id, task, queue, priority, state, due_at, enqueued_at, owner, schedule, fired_for,
        arguments, payload, labels, limits, batch
    )
    select
        id, task, queue, priority, 'queued', coalesce($3::timestamptz, clock_timestamp()),
        enqueued_at, owner, schedule, fired_for, arguments, payload,
        labels - '{_retries,X-Taskiq-requeue}'::text[], limits - 'postponed', batch
    from ended
    returning id, queue
)
select id, pg_notify($4, queue) from queued
