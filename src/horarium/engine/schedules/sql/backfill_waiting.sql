-- Jobs of a backfill that have not begun. Carried by jobs_schedule and the primary keys.
select j.id from horarium.jobs j
join horarium.backfill_jobs own on own.backfill = $1 and own.due_at = j.fired_for and own.job = j.id
where j.schedule = (select b.schedule from horarium.backfills b where b.id = $1)
    and j.state <> 'running'
order by j.id limit 500
