-- A day of an owner was written. Carried by the primary key.
insert into horarium.journal_days (
    owner, day, zone, starts_at, ends_at, jobs, final, written_at, folder, host
)
values ($1, $2, $3, $4, $5, $6, $7, coalesce($8::timestamptz, clock_timestamp()), $9, $10)
on conflict (owner, day) do update set
    zone = excluded.zone, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
    jobs = excluded.jobs, final = excluded.final, written_at = excluded.written_at,
    folder = excluded.folder, host = excluded.host
