-- What became of the jobs that one has waited for, in their order: the state and the result of each,
-- and `bytes`, how many those of its results have that were read so far. Results beyond $2 bytes in
-- all do not come. Of an id that ended more than once only the newest counts; one that is unfinished
-- was run again.
-- Carried by dependencies_job, job_history_id of each month and the primary key of jobs.
with ended as (
    select d.place, d.on_job, d.on_failure, newest.task, newest.state, newest.result,
        exists (select from horarium.jobs j where j.id = d.on_job) as unfinished
    from horarium.dependencies d
    left join lateral (
        -- The fence (offset 0) keeps the order from choosing an index on all that has ended.
        select h.task, h.state, h.result from (
            select * from horarium.job_history where id = d.on_job offset 0
        ) h
        order by h.finished_at desc limit 1
    ) newest on true
    where d.job = $1
),
measured as (
    select *, coalesce(sum(octet_length(result::text)) over (order by place), 0)::bigint as bytes
    from ended
)
select on_job, on_failure, task, state, case when bytes <= $2::bigint then result end as result, result is null
    as is_null, unfinished, bytes
from measured order by place
