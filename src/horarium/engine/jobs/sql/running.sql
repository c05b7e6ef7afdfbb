-- How many jobs run under each of the keys.
-- Carried by jobs_limited, whose entries are as many as run.
select key, (
    select count(*) from horarium.jobs j
    where j.state = 'running' and j.limits is not null and j.limits ->> 'concurrency_key' = key
) as running
from unnest($1::text[]) key
group by key
