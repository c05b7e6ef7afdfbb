-- Sets a schedule aside that cannot be kept any more, with the reason; the others run on.
update horarium.schedules
set state = 'parked', note = $2, next_due_at = null, next_fire_at = null,
    updated_at = coalesce($3::timestamptz, now())
where id = $1
