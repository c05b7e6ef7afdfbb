-- Records what was done to a schedule by hand.
insert into horarium.schedule_acts (schedule, act, note, origin, job, at)
values ($1, $2, $3, $4, $5, coalesce($6::timestamptz, clock_timestamp()))
