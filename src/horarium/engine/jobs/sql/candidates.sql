-- The jobs $1, if they are still queued, and as many of those that wait under the keys $2 (one
-- entry for each candidate of the key) in the queues $3; in the order in which they go.
-- Promises: rows that somebody else has locked are passed over.
-- Carried by the primary key and jobs_waiting.
with keys as (
    select key, count(*) as many from unnest($2::text[]) key group by key
),
line as (
    select unnest($1::text[]) as id
    union
    select head.id from keys cross join lateral (
        select j.id from horarium.jobs j
        where j.state = 'waiting' and j.waits_for is null
          and j.limits ->> 'concurrency_key' = keys.key
          and j.queue = any ($3::text[])
        order by j.priority desc, j.due_at, j.id
        limit keys.many
    ) head
)
select j.id, j.limits, j.state = 'queued' as queued, j.priority
from horarium.jobs j
where j.id = any (array(select id from line)) and j.state in ('queued', 'waiting')
  and j.waits_for is null and j.limits is not null
order by j.priority desc, j.due_at, j.id
for update skip locked
