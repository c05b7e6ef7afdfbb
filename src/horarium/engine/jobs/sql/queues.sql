-- Every queue that is paused, has unfinished jobs, or is one that a live worker names: its jobs by
-- state, the due time of the job that waits longest, and how many live workers listen to it. With
-- $1, only that one. Reads the hot table whole: a figure for people.
with clock as (
    select coalesce($2::timestamptz, now()) as now
),
live as (
    select queues from horarium.workers, clock where stopped_at is null and lease_until > clock.now
),
unfinished as (
    select
        queue as name,
        count(*) filter (where state = 'scheduled') as scheduled,
        count(*) filter (where state = 'queued') as queued,
        count(*) filter (where state = 'running') as running,
        count(*) filter (where state = 'retrying') as retrying,
        count(*) filter (where state = 'waiting') as waiting,
        min(due_at) filter (
            where state = 'queued' or state in ('scheduled', 'retrying') and due_at <= clock.now
        ) as oldest_due_at
    from horarium.jobs, clock
    where $1::text is null or queue = $1
    group by queue
),
names as (
    select name from unfinished
    union
    select name from horarium.queues where $1 is null or name = $1
    union
    select name from live, unnest(queues) as name where $1 is null or name = $1
)
select
    name, scheduled, queued, running, retrying, waiting, oldest_due_at, paused_at, note,
    (select count(*) from live where queues = '{}' or name = any (queues)) as workers
from names left join unfinished using (name) left join horarium.queues using (name)
order by name
