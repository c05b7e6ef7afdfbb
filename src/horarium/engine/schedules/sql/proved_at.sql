-- Records when all decided due times have been proved.
insert into horarium.timetable (proved_at)
values (coalesce($1::timestamptz, clock_timestamp()))
on conflict (one) do update set proved_at = excluded.proved_at
