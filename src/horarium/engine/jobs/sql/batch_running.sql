-- Asks the jobs of a batch that run to stop, and says how many.
-- Carried by jobs_batch and the primary key.
with asked as (
    update horarium.jobs set cancelling = true where id = any (array(
        select id from horarium.jobs where batch = $1 and state = 'running' order by id for update
    )) and state = 'running'
    returning id
)
select count(pg_notify($2, id)) from asked
