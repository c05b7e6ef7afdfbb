-- How many jobs are postponed under each of the keys, by priority.
-- Carried by jobs_postponed.
select keys.key, j.priority, count(*) as jobs
from (select distinct key from unnest($1::text[]) key) keys
cross join lateral (
    select priority from horarium.jobs
    where state = 'scheduled' and limits ? 'postponed' and limits ->> 'rate_key' = keys.key
) j
group by keys.key, j.priority
