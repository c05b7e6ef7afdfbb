-- A backfill, and how many of its jobs are in each state; `forgotten`: the ledger no longer has it.
-- Carried by the primary keys and, in history, by job_history_id of the months since it began.
select b.*, (
    select coalesce(jsonb_object_agg(counted.state, counted.jobs), '{}')
    from (
        select coalesce(unfinished.state, ended.state, 'forgotten') as state, count(*) as jobs
        from horarium.backfill_jobs own
        left join horarium.jobs unfinished on unfinished.id = own.job
        left join lateral (
            select h.state from horarium.job_history h
            where unfinished.id is null and h.id = own.job and h.finished_at >= b.created_at
            order by h.finished_at desc limit 1
        ) ended on true
        where own.backfill = b.id
        group by 1
    ) counted
) as jobs
from horarium.backfills b
where b.id = $1
