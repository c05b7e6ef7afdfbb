-- The keys of unique calls under which these ended jobs ($1, each with the instant $2 at which it
-- ended) were recorded, in the one order in which keys are locked.
-- Carried by job_history_id.
select distinct h.labels ->> '_unique' as key
from unnest($1::text[], $2::timestamptz[]) as wanted (id, finished_at)
join horarium.job_history h on h.id = wanted.id and h.finished_at = wanted.finished_at
where jsonb_typeof(h.labels) = 'object' and h.labels ? '_unique'
order by key
