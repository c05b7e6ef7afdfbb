-- Takes back the jobs of workers whose lease has lapsed or who have gone: each is queued again and
-- its attempt is recorded as lost. Lapsed workers are marked as stopped, so that a worker that was
-- only frozen learns of it. Any number of workers may rescue at once.
-- Carried by jobs_running and workers_lease.
with lapsed as (
    update horarium.workers
    set stopped_at = coalesce($1::timestamptz, clock_timestamp())
    where id in (
        select id from horarium.workers
        where stopped_at is null and lease_until <= coalesce($1, clock_timestamp())
        for update skip locked
    )
    returning id
),
gone as (
    select id from lapsed
    union
    select id from horarium.workers where stopped_at is not null
),
lost as (
    select j.id from horarium.jobs j
    where j.state = 'running' and j.worker in (select id from gone)
    for update skip locked
),
rescued as (
    update horarium.jobs j set state = 'queued', worker = null
    from lost, horarium.jobs before
    where j.id = lost.id and before.id = j.id and j.state = 'running'
    returning j.id, j.task, j.queue, j.owner, j.attempt, before.worker, j.started_at
),
kept as (
    insert into horarium.attempts (job, attempt, worker, started_at, ended_at, outcome, error)
    select
        id, attempt, worker, started_at, coalesce($1, clock_timestamp()), 'lost',
        jsonb_build_object(
            'type', 'WorkerLost',
            'message', 'worker ' || worker || ' stopped answering while it ran this attempt'
        )
    from rescued
)
select id, task, attempt, worker, queue, owner, pg_notify($2, queue) from rescued
