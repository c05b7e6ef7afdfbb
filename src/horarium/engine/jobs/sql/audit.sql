-- Compares the running jobs of a worker with those it knows of ($2). The others are queued again:
-- their claim was committed, but the answer was lost with its connection, and nobody runs them.
-- Of those it knows, the ones that are ordered to stop come back as cancelling.
-- Promises: the worker claims nothing meanwhile. Carried by jobs_running.
with unknown as (
    update horarium.jobs set state = 'queued', worker = null, attempt = attempt - 1
    where state = 'running' and worker = $1 and id <> all ($2::text[])
    returning id, queue
)
select id, false as cancelling, pg_notify($3, queue) from unknown
union all
select id, true, null from horarium.jobs
where state = 'running' and worker = $1 and cancelling and id = any ($2)
