-- What was done to a schedule by hand, newest first. Carried by schedule_acts_schedule.
select act, note, origin, job, at from horarium.schedule_acts
where schedule = $1 order by id desc limit $2 offset $3
