-- What ended of an owner within a span, by id: of one that ended twice, how it ended last.
-- Carried by job_history_owner.
select distinct on (id) * from horarium.ended_jobs
where owner = $1 and finished_at >= $2 and finished_at < $3
order by id, finished_at desc
