-- Per task: its unfinished jobs by state, those that ended within the last $1 seconds by state, and
-- how long the last attempts of these took: the 50th, 95th and 99th percentile, in seconds.
-- Carried by job_history_finished; the hot table is read whole.
with unfinished as (
    select
        task,
        count(*) filter (where state = 'scheduled') as scheduled,
        count(*) filter (where state = 'queued') as queued,
        count(*) filter (where state = 'running') as running,
        count(*) filter (where state = 'retrying') as retrying,
        count(*) filter (where state = 'waiting') as waiting
    from horarium.jobs
    group by task
),
ended as (
    select
        task,
        count(*) filter (where state = 'succeeded') as succeeded,
        count(*) filter (where state = 'failed') as failed,
        count(*) filter (where state = 'cancelled') as cancelled,
        percentile_cont(array[0.5, 0.95, 0.99]) within group (
            order by extract(epoch from finished_at - started_at)::float8
        ) filter (where started_at is not null and state <> 'cancelled') as took
    from horarium.job_history
    where finished_at >= coalesce($2::timestamptz, now()) - make_interval(secs => $1)
    group by task
)
select
    task, scheduled, queued, running, retrying, waiting, succeeded, failed, cancelled,
    took[1] as p50, took[2] as p95, took[3] as p99
from unfinished full join ended using (task)
order by task
