-- Makes imports take turns until the transaction ends.
select pg_advisory_xact_lock(hashtextextended('horarium.shop.imports', 0))
