-- Moves schedules on to their next due time; one that has none left has ended.
-- Carried by the primary key.
update horarium.schedules s
set decided_until = a.decided_until,
    next_due_at = a.next_due_at,
    next_fire_at = a.next_fire_at,
    fired = s.fired + a.fired,
    state = case when a.next_due_at is null then 'ended' else s.state end
from unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::int[])
    as a (id, decided_until, next_due_at, next_fire_at, fired)
where s.id = a.id
