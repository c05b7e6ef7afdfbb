-- The backfills of a schedule, newest first. Carried by backfills_schedule.
select id from horarium.backfills where schedule = $1
order by created_at desc, id desc limit $2 offset $3
