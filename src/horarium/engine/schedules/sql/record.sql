-- Records firings. A due time that has one already keeps it, and is not returned.
-- Carried by the primary key.
insert into horarium.firings (
    schedule, due_at, version, outcome, reason, count, due_until, covers_from, covers_until, job,
    decided_at, decided_by
)
select f.*, coalesce($11::timestamptz, clock_timestamp()), $12
from unnest(
    $1::text[], $2::timestamptz[], $3::int[], $4::text[], $5::text[], $6::int[],
    $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::text[]
) as f
on conflict (schedule, due_at) do nothing
returning schedule, due_at
