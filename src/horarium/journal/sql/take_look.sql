-- Takes the turn to look for owners: whoever else wants to waits until the transaction ends. Two that
-- made the same owners known in another order would wait for each other.
select pg_advisory_xact_lock(hashtextextended('horarium.journal', 0))
