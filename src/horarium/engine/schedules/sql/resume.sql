-- Puts a schedule back into the timetable.
update horarium.schedules
set state = case when $3::timestamptz is null then 'ended' else 'active' end, note = null,
    decided_until = $2, next_due_at = $3, next_fire_at = $4,
    updated_at = coalesce($5::timestamptz, now())
where id = $1
returning pg_notify($6, id)
