-- Notes for jobs that have just ended when their results are to be forgotten.
-- Carried by the primary key; the rows come in the order of their jobs, so that two writers never
-- wait for each other in a circle.
insert into horarium.expiring_results (job, recorded_at, expires_at)
select job, now, now + make_interval(secs => seconds)
from unnest($1::text[], $2::float8[]) as expiring (job, seconds),
    (select coalesce($3::timestamptz, clock_timestamp()) as now) as clock
order by job
on conflict (job) do update set
    recorded_at = excluded.recorded_at, expires_at = excluded.expires_at
