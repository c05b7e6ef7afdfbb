-- Deletes up to $4 dependencies and as many batches that are older than the shorter of the two spans
-- for which jobs are kept ($2, $3), and whose jobs are in the ledger no more; says how many of both.
-- Promises: nothing of a job that is there, however old it is.
-- Carried by dependencies_made, batches_created, the primary key of jobs, job_history_id, jobs_batch
-- and job_history_batch.
with clock as (
    select coalesce($1::timestamptz, now()) - least($2::interval, $3::interval) as before
),
old as (
    delete from horarium.dependencies
    where ctid = any (array(
        select d.ctid from horarium.dependencies d
        where d.made_at < (select before from clock)
          and not exists (select from horarium.jobs j where j.id = d.job)
          and not exists (select from horarium.job_history h where h.id = d.job)
        order by d.made_at
        limit $4::integer
    ))
    returning 1
),
empty as (
    delete from horarium.batches
    where ctid = any (array(
        select b.ctid from horarium.batches b
        where b.created_at < (select before from clock)
          and not exists (select from horarium.jobs j where j.batch = b.id)
          and not exists (select from horarium.job_history h where h.batch = b.id)
        order by b.created_at
        limit $4
    ))
    returning 1
)
select (select count(*) from old) + (select count(*) from empty)
