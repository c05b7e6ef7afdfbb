-- Records who waits for whom. Those outside, which were there before, are looked at when the
-- transaction commits (the trigger `follow`).
-- Carried by the primary key.
insert into horarium.dependencies (on_job, job, place, on_failure, outside, made_at)
select on_job, job, place, on_failure, outside, $6
from unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::boolean[])
    as dependency (on_job, job, place, on_failure, outside)
