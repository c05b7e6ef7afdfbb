-- Which of these due times have a job already, or wait for theirs.
-- Carried by the primary key.
select due.at
from unnest($2::timestamptz[]) as due (at)
join horarium.firings f on f.schedule = $1 and f.due_at = due.at
where f.outcome in ('enqueued', 'buffered')
