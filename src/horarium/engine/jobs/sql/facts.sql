-- What decides whether a job runs, as of one instant: the job itself, its queue's pause, the queued
-- jobs that go first (up to $3 of them), the live workers that listen to its queue and how full
-- they are, up to 5 of the jobs that it waits for, the jobs that run under its limit's key, and the worker that has it.
-- Carried by the primary keys, job_history_id, jobs_queued, jobs_running, jobs_limited and
-- dependencies_job.
-- What of an unfinished row by another hand cannot be read is shown as list.sql shows it.
with clock as (
    select coalesce($2::timestamptz, now()) as now
),
bounds as (
    select timestamptz '0001-01-02 00:00+00' as first, timestamptz '9999-12-30 00:00+00' as last
),
job as (
    (select id, task, queue, priority, state, greatest(first, least(due_at, last)) as due_at,
        case when expires_at is not null then greatest(first, least(expires_at, last)) end
            as expires_at,
        case when started_at is not null then greatest(first, least(started_at, last)) end
            as started_at,
        null::timestamptz as finished_at, attempt, worker, cancelling, error,
        limits, waits_for
     from horarium.jobs, bounds where id = $1)
    union all
    (select id, task, queue, priority, state, due_at, null, started_at, finished_at, attempt,
        worker, false, error, null, null
     from horarium.job_history where id = $1 order by finished_at desc limit 1)
    limit 1
),
listening as (
    select w.id, w.slots from horarium.workers w, clock, job
    where w.stopped_at is null and w.lease_until > clock.now
      and (w.queues = '{}' or job.queue = any (w.queues))
)
select
    clock.now, job.id, job.task, job.queue, job.priority, job.state, job.due_at, job.expires_at,
    job.started_at, job.finished_at, job.attempt, job.worker, job.cancelling, job.error::text,
    case when jsonb_typeof(job.limits -> 'concurrency') = 'number'
        then least((job.limits ->> 'concurrency')::numeric, 100000)::integer end as concurrency,
    coalesce(job.limits ? 'postponed', false) as postponed,
    job.waits_for,
    array(
        select j.id || ' (' || j.task || ') is ' || j.state
        from horarium.dependencies d join horarium.jobs j on j.id = d.on_job
        where d.job = job.id and d.open and job.waits_for is not null
        order by d.place limit 5
    ) as awaits,
    (select count(*) from horarium.jobs j
     where j.state = 'running' and j.limits is not null
       and j.limits ->> 'concurrency_key' = job.limits ->> 'concurrency_key') as alike,
    paused.paused_at, paused.note,
    (select count(*) from (
        select from horarium.jobs j
        where job.state = 'queued' and j.state = 'queued' and j.queue = job.queue
          and (j.priority > job.priority
            or j.priority = job.priority and (j.due_at, j.id) < (job.due_at, job.id))
        limit $3::bigint
    ) first) as ahead,
    (select count(*) from listening) as workers,
    (select coalesce(sum(slots), 0)::bigint from listening) as slots,
    (select count(*) from horarium.jobs j
     where j.state = 'running' and j.worker in (select id from listening)) as busy,
    holder.name as worker_name,
    holder.stopped_at is not null or holder.lease_until <= clock.now as worker_lost
from job cross join clock
left join horarium.queues paused on paused.name = job.queue
left join horarium.workers holder on holder.id = job.worker
