-- A batch, and how many of its jobs are in each state now.
-- Promises: JSON comes as text, which every connection can read, also one of SQLAlchemy's.
-- Carried by the primary key, jobs_batch and job_history_batch of the months since its enqueue.
with batch as (
    select id, kind, name, owner, total, created_at from horarium.batches where id = $1
),
counted as (
    select state, count(*) as count, null::timestamptz as newest
    from horarium.jobs where batch = $1 group by state
    union all
    select state, count(*), max(finished_at)
    from horarium.job_history
    where batch = $1 and finished_at >= (select created_at from batch) group by state
)
select id, kind, name, owner, total, created_at,
    (select jsonb_object_agg(state, count) from counted)::text as states,
    (select max(newest) from counted) as newest_end
from batch
