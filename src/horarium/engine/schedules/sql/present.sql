-- What the book has under these ids. Carried by the primary key.
select id, task, definition, origin, version, state, note, fired, decided_until, next_due_at,
    next_fire_at, created_at, updated_at
from horarium.schedules where id = any ($1::text[])
