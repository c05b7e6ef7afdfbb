-- Firings of a schedule that wait for an earlier job are not run any more.
-- Carried by firings_buffered.
update horarium.firings
set outcome = 'skipped', reason = $2,
    decided_at = coalesce($3::timestamptz, clock_timestamp()), decided_by = $4
where schedule = $1 and outcome = 'buffered'
