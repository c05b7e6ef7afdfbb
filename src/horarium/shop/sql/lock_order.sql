-- The order's id, locked by the primary key until the transaction ends: whoever else changes this
-- order waits, and finds what was committed.
select id from shop.orders where id = $1 for update
