-- How many jobs ended within a span and have no owner. Carried by job_history_finished.
select count(*) from horarium.job_history
where owner is null and finished_at >= $1 and finished_at < $2
