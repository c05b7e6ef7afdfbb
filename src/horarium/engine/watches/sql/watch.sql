-- A process says what it watches, for so many seconds ($3), and tells the workers where that is
-- new ($4: the channel, or null for a mere renewal).
-- Carried by the primary key.
with kept as (
    insert into horarium.watches (watcher, wanted, until)
    values ($1, $2::jsonb, clock_timestamp() + make_interval(secs => $3))
    on conflict (watcher) do update set wanted = excluded.wanted, until = excluded.until
    returning watcher
)
select case when $4::text is not null then pg_notify($4, '') end from kept
