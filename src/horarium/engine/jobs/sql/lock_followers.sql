-- Locks a job that is about to be cancelled, and those that end because of it; the function says how.
-- One that runs is only asked to stop: whoever ends it at this moment has to get at its followers.
-- Carried by the primary keys of dependencies and jobs.
select horarium.lock_followers(array[$1::text], array['cancelled'])
where exists (select from horarium.jobs where id = $1 and state <> 'running')
