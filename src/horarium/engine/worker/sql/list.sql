-- The workers that have not left, and those that did within the last day, with what they run.
-- A worker whose lease has passed is lapsed: any other takes its jobs back at its next heartbeat.
-- Carried by jobs_running, once a worker.
with clock as (
    select coalesce($1::timestamptz, now()) as now
)
select
    id, name, host, pid, queues, slots, started_at, lease_until, stopped_at,
    case
        when stopped_at is not null then 'stopped'
        when lease_until <= clock.now then 'lapsed'
        else 'live'
    end as state,
    (select count(*) from horarium.jobs j where j.state = 'running' and j.worker = w.id) as running
from horarium.workers w, clock
where stopped_at is null or stopped_at > clock.now - interval '1 day'
order by stopped_at desc nulls first, id
