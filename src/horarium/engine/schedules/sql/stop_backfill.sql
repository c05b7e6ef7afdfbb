-- Cancels a backfill that has due times left. One whose due times are all gone through only has jobs
-- to be cancelled: it is cancelled as well, while any of them has not begun.
-- Carried by the primary key and jobs_schedule.
update horarium.backfills b
set state = 'cancelled', note = coalesce($2, note),
    ended_at = coalesce($3::timestamptz, clock_timestamp())
where b.id = $1 and (b.state = 'filling' or (b.state = 'filled' and exists (
    select from horarium.jobs j
    join horarium.backfill_jobs own on own.backfill = b.id and own.due_at = j.fired_for
        and own.job = j.id
    where j.schedule = b.schedule and j.state <> 'running'
)))
returning b.id
