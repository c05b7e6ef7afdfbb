-- Gives schedules other next due times. Carried by the primary key.
update horarium.schedules s
set next_due_at = m.due_at, next_fire_at = m.fires_at, state = 'active'
from unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) as m (id, due_at, fires_at)
where s.id = m.id
