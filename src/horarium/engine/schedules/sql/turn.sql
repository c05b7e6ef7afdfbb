-- Waits until nobody else is at this, until the end of the transaction.
select pg_advisory_xact_lock(hashtextextended('horarium ' || $1, 0))
