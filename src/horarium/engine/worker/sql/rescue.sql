-- Takes back the jobs of workers whose lease has lapsed or who have gone, or whom nobody knows: each
-- is queued again and its attempt is recorded as lost. Lapsed workers are marked as stopped, so that
-- a worker that was only frozen learns of it. Any number of workers may rescue at once.
-- A job that was lost too often in a row is not touched: it comes back as given up, for its finish.
-- How often it may be: the job's own label, else what its task says ($3, $4), else $5.
-- Carried by jobs_running, with one probe for each worker that holds a job, and workers_lease; a
-- job's attempts by their primary key.
with recursive lapsed as (
    update horarium.workers
    set stopped_at = coalesce($1::timestamptz, clock_timestamp())
    where id in (
        select id from horarium.workers
        where stopped_at is null and lease_until <= coalesce($1, clock_timestamp())
        for update skip locked
    )
    returning id
),
holders as (
    (select worker as id from horarium.jobs where state = 'running' order by worker limit 1)
    union all
    select (
        select j.worker from horarium.jobs j
        where j.state = 'running' and j.worker > h.id order by j.worker limit 1
    )
    from holders h where h.id is not null
),
gone as (
    select id from holders where id is not null and (
        id in (select id from lapsed)
        or not exists (
            select from horarium.workers w where w.id = holders.id and w.stopped_at is null
        )
    )
),
lost as (
    select j.id, j.task, j.queue, j.owner, j.attempt, j.worker,
        coalesce(
            case when j.labels ->> 'max_lost' ~ '^[0-9]{1,6}$'
                then (j.labels ->> 'max_lost')::integer end,
            said.most, $5::integer
        ) as most,
        1 + (
            select count(*) from horarium.attempts a
            where a.job = j.id and a.outcome = 'lost' and not exists (
                select from horarium.attempts other
                where other.job = j.id and other.ended_at > a.ended_at
                  and other.outcome in ('failed', 'cancelled', 'succeeded')
            )
        )::integer as times
    from horarium.jobs j
    left join unnest($3::text[], $4::integer[]) as said (task, most) on said.task = j.task
    where j.state = 'running' and j.worker in (select id from gone)
    for update of j skip locked
),
rescued as (
    update horarium.jobs j set state = 'queued', worker = null
    from lost, horarium.jobs before
    where j.id = lost.id and before.id = j.id and j.state = 'running' and lost.times < lost.most
    returning j.id, j.task, j.queue, j.owner, j.attempt, before.worker, j.started_at, lost.times
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
select id, task, attempt, worker, queue, owner, times, false as given_up, pg_notify($2, queue)
from rescued
union all
select id, task, attempt, worker, queue, owner, times, true, null from lost where times >= most
