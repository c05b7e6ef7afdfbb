-- The orders that have one of the ids $1 or of the idempotency keys $2 already, with the hash of
-- the request that placed them. orders_pkey and orders_idempotency_key carry it.
select id, idempotency_key, request from shop.orders where id = any ($1::text[])
union
select id, idempotency_key, request from shop.orders where idempotency_key = any ($2::text[])
