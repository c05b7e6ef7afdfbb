-- Whether this scheduler is to make the round: the last one began long enough ago.
-- Promises: of several that ask at once, one is told so.
insert into horarium.timetable as t (round_at)
values (coalesce($1::timestamptz, clock_timestamp()))
on conflict (one) do update set round_at = excluded.round_at
where t.round_at is null or t.round_at <= excluded.round_at - $2::interval
returning true
