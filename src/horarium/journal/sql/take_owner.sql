-- Takes the turn to write an owner's days: whoever else wants to waits until the transaction ends.
-- There may be nothing known of the owner yet.
select pg_advisory_xact_lock(hashtextextended('horarium.journal:' || $1::text, 0))
