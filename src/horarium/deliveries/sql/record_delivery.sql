-- Notes that a revision is to be sent to somebody; nothing comes where it was noted before, by
-- whomever. $1 id, $2 report, $3 start, $4 day, $5 revision, $6 route, $7 channel, $8 recipient,
-- $9 format, $10 reason, $11 job.
insert into horarium.deliveries (
    id, report, starts_at, day, revision, route, channel, recipient, format, reason, job
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict on constraint deliveries_once do nothing
returning id
