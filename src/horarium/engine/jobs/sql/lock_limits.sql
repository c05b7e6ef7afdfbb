-- Locks keys of limits until the transaction ends: who starts jobs under a key, and who queues the
-- next because one has stopped, take turns. 1024 locks stand for all keys: a batch with a key for
-- each customer must not fill the server's table of locks. They are taken in one order.
select pg_advisory_xact_lock(hashtext('horarium limits'), slot)
from (select distinct hashtext(key) & 1023 as slot from unnest($1::text[]) key order by 1) slots
