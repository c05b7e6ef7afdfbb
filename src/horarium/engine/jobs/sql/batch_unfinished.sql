-- One job of a batch that has not ended, the one that was made last, or none.
-- Carried by jobs_batch.
select id from horarium.jobs where batch = $1 order by id desc limit 1
