-- What ended within a span and has no owner, by id: of one that ended twice, how it ended last.
-- Carried by job_history_finished.
select distinct on (id) * from horarium.ended_jobs
where owner is null and finished_at >= $1 and finished_at < $2
order by id, finished_at desc
