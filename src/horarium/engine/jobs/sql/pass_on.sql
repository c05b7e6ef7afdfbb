-- Queues the next that waits under a key: the turn of one that was queued and went away is its.
-- Those of paused queues are passed over. Carried by jobs_waiting and the primary key of queues.
with next as (
    select id from horarium.jobs j
    where state = 'waiting' and waits_for is null and limits ->> 'concurrency_key' = $1
      and not exists (select from horarium.queues paused where paused.name = j.queue)
    order by priority desc, due_at, id
    limit 1
    for update skip locked
),
queued as (
    update horarium.jobs j set state = 'queued' from next where j.id = next.id
    returning j.queue
)
select pg_notify($2, queue) from queued
