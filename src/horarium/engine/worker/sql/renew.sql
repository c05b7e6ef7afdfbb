-- The heartbeat: extends a lease that nobody has taken away, also one that has just lapsed while
-- the database was out of reach. No row: it was taken away.
-- Carried by the primary key.
update horarium.workers
set lease_until = coalesce($3::timestamptz, clock_timestamp()) + make_interval(secs => $2)
where id = $1 and stopped_at is null
returning lease_until
