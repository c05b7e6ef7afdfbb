-- Queues the jobs whose time has come, and says what to wait for: whether anything can be claimed
-- now (of the queues $1, or of all; none that is paused), and the seconds until the next job becomes
-- due. Several workers share the work (SKIP LOCKED): what another is just promoting, and what is
-- more than one statement takes, is due in 0 seconds.
-- Carried by jobs_due and jobs_queued, which is probed once a queue, not once a job of a paused one.
with recursive due as (
    select id from horarium.jobs
    where state in ('scheduled', 'retrying') and due_at <= coalesce($2::timestamptz, now())
    order by due_at limit 1000
    for update skip locked
),
promoted as (
    update horarium.jobs j set state = 'queued' from due where j.id = due.id returning j.queue
),
queue_names as (
    (select queue from horarium.jobs where state = 'queued' order by queue limit 1)
    union all
    select (
        select j.queue from horarium.jobs j
        where j.state = 'queued' and j.queue > q.queue order by j.queue limit 1
    )
    from queue_names q where q.queue is not null
),
claimable as (
    select queue from (
        select queue from queue_names where $1::text[] is null and queue is not null
        union all
        select name from unnest($1::text[]) as name
        where exists (select from horarium.jobs j where j.state = 'queued' and j.queue = name)
        union all
        select queue from promoted where $1 is null or queue = any ($1)
    ) named
    where not exists (select from horarium.queues paused where paused.name = named.queue)
)
select
    exists (select from claimable) as ready,
    (select greatest(extract(epoch from due_at - coalesce($2, now())), 0)::float8
     from horarium.jobs
     where state in ('scheduled', 'retrying') and id not in (select id from due)
     order by due_at limit 1) as next_due_in
