-- All schedules that are not retired (or all), the next due first.
select id, task, definition, origin, version, state, note, fired, decided_until, next_due_at,
    next_fire_at, created_at, updated_at
from horarium.schedules
where $1 or state <> 'retired'
order by next_fire_at nulls last, id
limit $2 offset $3
