-- Queues the next that wait under these keys, as many as may run beside those that do.
-- Promises: the keys are locked, by a statement before this one. Those of paused queues are passed
-- over: a turn that nobody takes would keep the others waiting.
-- Carried by jobs_waiting, jobs_limited and the primary key of queues.
with keys as (
    select distinct key from unnest($1::text[]) key
),
room as (
    select keys.key, (head.limits ->> 'concurrency')::bigint - (
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
