-- Those of the ids that no job has, unfinished or in history.
-- Carried by the primary key and by job_history_id of each month.
select id from unnest($1::text[]) as id
where not exists (select from horarium.jobs j where j.id = id.id)
  and not exists (select from horarium.job_history h where h.id = id.id)
