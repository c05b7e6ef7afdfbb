-- One waiting firing is not run, for the reason given.
-- Carried by the primary key.
update horarium.firings
set outcome = 'skipped', reason = $3,
    decided_at = coalesce($4::timestamptz, clock_timestamp()), decided_by = $5
where schedule = $1 and due_at = $2 and outcome = 'buffered'
