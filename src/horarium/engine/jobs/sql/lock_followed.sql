-- Locks those of the jobs that $1 once waited for which are unfinished now, in one order: whoever
-- ends one of them comes before, and it is not among these, or after this transaction.
-- Carried by dependencies_job and the primary key.
select j.id from horarium.jobs j
where j.id = any (array(select d.on_job from horarium.dependencies d where d.job = any ($1::text[])))
order by j.id
for update
