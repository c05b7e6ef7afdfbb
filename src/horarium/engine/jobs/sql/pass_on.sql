-- Queues the next that waits under a key: the turn of one that was queued and went away is its.
-- Those of queues that are paused, or that no worker listens to, are passed over.
-- Carried by jobs_waiting, workers_lease and the primary key of queues.
with next as (
    select id from horarium.jobs j
    where state = 'waiting' and waits_for is null and limits ->> 'concurrency_key' = $1
      and not exists (select from horarium.queues paused where paused.name = j.queue)
      and exists (
          select from horarium.workers w
          where w.stopped_at is null and (w.queues = '{}' or j.queue = any (w.queues))
      )
    order by priority desc, due_at, id
    limit 1
    for update skip locked
),
queued as (
    update horarium.jobs j set state = 'queued' from next where j.id = next.id
    returning j.queue
)
select pg_notify($2, queue) from queued
