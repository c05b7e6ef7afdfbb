-- Lets jobs ($1) that are run again wait for those of their dependencies that are unfinished ($2).
-- Promises: those are locked, by a statement before this one.
-- Carried by dependencies_job and the primary key.
with opened as (
    update horarium.dependencies d set open = true
    where d.job = any ($1::text[]) and d.on_job = any ($2::text[])
    returning d.job
),
counted as (
    select job, count(*) as many from opened group by job
),
concerned as (
    select job as id, many from counted
    union all
    select id, null from unnest($2) as id where id not in (select job from counted)
)
update horarium.jobs j
set followed = j.followed or j.id = any ($2),
    state = case when c.many is null then j.state else 'waiting' end,
    waits_for = case when c.many is null then j.waits_for else c.many end
from concerned c
where j.id = c.id
