-- A worker announces itself and takes its lease.
insert into horarium.workers (name, host, pid, queues, slots, started_at, lease_until)
select $1, $2, $3, coalesce($4::text[], '{}'), $5, now, now + make_interval(secs => $6)
from (select coalesce($7::timestamptz, clock_timestamp()) as now) clock
returning id
