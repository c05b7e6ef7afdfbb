-- The heartbeat: extends a lease that nobody has taken away, also one that has just lapsed while
-- the database was out of reach; says whether another's has lapsed. No row: it was taken away.
-- Carried by the primary key and workers_lease.
update horarium.workers
set lease_until = coalesce($3::timestamptz, clock_timestamp()) + make_interval(secs => $2)
where id = $1 and stopped_at is null
returning exists (
    select from horarium.workers other
    where other.stopped_at is null and other.id <> $1
      and other.lease_until <= coalesce($3, clock_timestamp())
) as another_lapsed
