-- Hands a worker up to $3 queued jobs, by priority, then due time. Two workers never get the same.
-- Promises: only a worker whose lease holds gets any. Queues: those named, or all where $2 is null;
-- none that is paused.
-- Jobs with limits stay queued: they come back as candidates, for the gate to decide about.
-- Carried by jobs_queued: one probe a queue to find its name, one scan of at most $3 rows. The
-- rows are locked where they stand, so that the update finds them by their place (ctid).
with recursive alive as (
    select id from horarium.workers
    where id = $1 and stopped_at is null and lease_until > coalesce($4::timestamptz, now())
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
wanted as (
    select queue from (
        select queue from queue_names where $2::text[] is null and queue is not null
        union all
        select unnest($2::text[])
    ) named
    where not exists (select from horarium.queues paused where paused.name = named.queue)
),
next as (
    select head.place
    from alive, wanted
    cross join lateral (
        select j.ctid as place, j.id, j.priority, j.due_at from horarium.jobs j
        where j.state = 'queued' and j.queue = wanted.queue
        order by j.priority desc, j.due_at, j.id
        limit $3
        for update skip locked
    ) head
    order by head.priority desc, head.due_at, head.id
    limit $3
),
claimed as (
    update horarium.jobs j
    set state = case when j.limits is null then 'running' else 'queued' end,
        worker = case when j.limits is null then $1 end,
        attempt = case when j.limits is null then j.attempt + 1 else j.attempt end,
        started_at = coalesce($4, clock_timestamp())
    where j.ctid = any (array(select place from next))
    returning j.id, j.task, j.attempt, j.worker, j.queue, j.priority, j.due_at, j.started_at,
        j.arguments, j.payload, j.labels, j.owner, j.schedule, j.fired_for,
        coalesce(j.expires_at <= coalesce($4, clock_timestamp()), false) as expired, j.cancelling,
        j.limits
)
select * from claimed order by priority desc, due_at, id
