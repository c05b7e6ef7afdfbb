-- The newest jobs of a task that failed for good within a span, and how many there were in all.
-- Carried by job_history_unsuccessful.
select id, attempt, finished_at,
    coalesce(error ->> 'type', '') || ': ' || left(coalesce(error ->> 'message', ''), 500) as error,
    count(*) over () as count
from horarium.job_history
where state <> 'succeeded' and state = 'failed' and task = $1
  and finished_at > $2 and finished_at <= $3
order by finished_at desc
limit $4
