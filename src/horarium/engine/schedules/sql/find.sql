-- One schedule; locked where it is going to be changed.
select id, task, definition, origin, version, state, note, fired, decided_until, next_due_at,
    next_fire_at, created_at, updated_at
from horarium.schedules where id = $1
