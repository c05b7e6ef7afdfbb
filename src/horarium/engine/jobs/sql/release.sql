-- Queues the next that wait under these keys, as many as may run beside those that do.
-- Promises: the keys are locked, by a statement before this one. Those of queues that are
-- paused, or that no worker listens to, are passed over: a turn that nobody takes would keep the
-- others waiting.
-- Carried by jobs_waiting, jobs_limited, workers_lease and the primary key of queues.
with keys as (
    select distinct key from unnest($1::text[]) key
),
room as (
    -- One whose limit is no number goes: whoever claims it finds that it cannot be read.
    select keys.key, case when jsonb_typeof(head.limits -> 'concurrency') = 'number'
        then least((head.limits ->> 'concurrency')::numeric, 100000)::bigint else 100000
    end - (
        select count(*) from horarium.jobs j
        where j.state = 'running' and j.limits is not null
          and j.limits ->> 'concurrency_key' = keys.key
    ) as free
    from keys cross join lateral (
        select j.limits from horarium.jobs j
        where j.state = 'waiting' and j.waits_for is null
          and j.limits ->> 'concurrency_key' = keys.key
        order by j.priority desc, j.due_at, j.id
        limit 1
    ) head
),
next as (
    select head.id from room cross join lateral (
        select j.id from horarium.jobs j
        where j.state = 'waiting' and j.waits_for is null
          and j.limits ->> 'concurrency_key' = room.key
          and not exists (select from horarium.queues paused where paused.name = j.queue)
          and exists (
              select from horarium.workers w
              where w.stopped_at is null and (w.queues = '{}' or j.queue = any (w.queues))
          )
        order by j.priority desc, j.due_at, j.id
        limit greatest(room.free, 0)
        for update skip locked
    ) head
),
queued as (
    update horarium.jobs j set state = 'queued' where j.id = any (array(select id from next))
    returning j.queue
)
select pg_notify($2, queue) from queued
