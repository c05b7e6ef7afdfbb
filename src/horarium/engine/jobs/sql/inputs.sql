-- What became of the jobs that one has waited for, in their order: the state and the result of each,
-- and `bytes`, how many those of its results have that were read so far. Results beyond $2 bytes in
-- all do not come. Of an id that ended more than once only the newest counts; one that is unfinished
-- was run again.
-- Carried by dependencies_job, job_history_id of each month and the primary key of jobs.
with ended as (
    select d.place, d.on_job, d.on_failure, newest.task, newest.state, newest.result, newest.error,
        exists (select from horarium.jobs j where j.id = d.on_job) as unfinished
    from horarium.dependencies d
    left join lateral (
        select h.task, h.state, h.result, h.error from horarium.job_history h
        where h.id = d.on_job order by h.finished_at desc limit 1
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
