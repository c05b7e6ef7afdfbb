-- Whether it is this one's turn to look at what has changed; the turn ends with the transaction.
-- It waits for nobody: a build that is about to end may hold a mark for a moment, and the next look
-- comes soon. The time as well: $1 or now.
select
    pg_try_advisory_xact_lock(hashtextextended('horarium report changes', 0)) as mine,
    set_config('lock_timeout', '2s', true),
    coalesce($1::timestamptz, clock_timestamp()) as now
