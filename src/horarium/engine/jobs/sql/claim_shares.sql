-- Hands a worker up to $3 queued jobs as claim.sql does, but from the queues $2 by their weights $5:
-- the n-th job of a queue stands n / weight behind the queue's place $6, and those that stand
-- furthest ahead go. Within a queue jobs go by priority, then due time, as ever.
-- Promises: those of claim.sql.
-- Carried by jobs_queued: one scan of at most $3 rows a queue. The rows are locked where they stand,
-- so that the update finds them by their place in the table (ctid).
with alive as (
    select id from horarium.workers
    where id = $1 and stopped_at is null and lease_until > coalesce($4::timestamptz, now())
),
wanted as (
    select queue, weight, place
    from unnest($2::text[], $5::float8[], $6::float8[]) as wanted (queue, weight, place)
    where not exists (select from horarium.queues paused where paused.name = wanted.queue)
),
heads as (
    select head.spot, wanted.place + row_number() over (
        partition by wanted.queue order by head.priority desc, head.due_at, head.id
    ) / wanted.weight as stands
    from alive, wanted
    cross join lateral (
        select j.ctid as spot, j.id, j.priority, j.due_at from horarium.jobs j
        where j.state = 'queued' and j.queue = wanted.queue
        order by j.priority desc, j.due_at, j.id
        limit $3
        for update skip locked
    ) head
),
next as (
    select spot from heads order by stands limit $3
),
claimed as (
    update horarium.jobs j
    set state = case when j.limits is null then 'running' else 'queued' end,
        worker = case when j.limits is null then $1 end,
        attempt = case when j.limits is null then j.attempt + 1 else j.attempt end,
        started_at = coalesce($4, clock_timestamp())
    where j.ctid = any (array(select spot from next))
    returning j.id, j.task, j.attempt, j.worker, j.queue, j.priority, j.due_at, j.started_at,
        j.arguments, j.payload, j.labels, j.owner, j.schedule, j.fired_for,
        coalesce(j.expires_at <= coalesce($4, clock_timestamp()), false) as expired, j.cancelling,
        j.limits
)
select * from claimed order by priority desc, due_at, id
