-- Takes a schedule out of the timetable: paused (until it is resumed) or retired. Its history stays.
-- Promises: the version of a retired schedule has ended, so no due time is expected any more.
-- Carried by the primary keys.
with stopped as (
    update horarium.schedules
    set state = $2, note = $3, decided_until = $5, next_due_at = null, next_fire_at = null,
        updated_at = coalesce($4::timestamptz, now())
    where id = $1
    returning id, version
)
update horarium.schedule_versions v set effective_until = $5
from stopped s
where v.schedule = s.id and v.version = s.version and $2 = 'retired'
