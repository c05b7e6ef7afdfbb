-- The unfinished job that is there under the unique key of an ended one. Carried by job_history_id
-- and the primary keys.
select u.job
from horarium.job_history h
join horarium.unique_jobs u on u.key = h.labels ->> '_unique'
join horarium.jobs j on j.id = u.job and j.enqueued_at = u.enqueued_at
where h.id = $1 and u.job <> $1
limit 1
