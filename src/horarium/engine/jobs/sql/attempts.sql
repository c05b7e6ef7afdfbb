-- The runs of a job, oldest first: those that did not end it, and its last one from its own row.
-- JSON comes as text, as in show.
-- Carried by the primary keys of attempts and jobs, and by job_history_id.
(select attempt, worker, started_at, ended_at, outcome, error::text
 from horarium.attempts where job = $1)
union all
(select attempt, worker, started_at, null, null, null
 from horarium.jobs where id = $1 and state = 'running')
union all
(select attempt, worker, started_at, finished_at, state, error::text
 from horarium.job_history
 where id = $1 and started_at is not null and not exists (select from horarium.jobs where id = $1)
 order by finished_at desc limit 1)
order by ended_at nulls last
