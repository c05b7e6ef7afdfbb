-- Queues those that wait and have no key to wait under: only another hand can have put them so, and
-- nobody's end would let them through. Whoever claims one runs it, or finds that it cannot be read.
-- Carried by jobs_waiting.
with keyless as (
    select id from horarium.jobs
    where state = 'waiting' and waits_for is null and limits ->> 'concurrency_key' is null
    limit 1000
    for update skip locked
),
queued as (
    update horarium.jobs j set state = 'queued' from keyless where j.id = keyless.id
    returning j.queue
)
select pg_notify($1, queue) from queued
