-- Alters the head of one order ($1), by the primary key: $2 user, $3 status, $4 placed_at, $5 freight.
update shop.orders
set user_id = $2, status = $3, placed_at = $4, freight = $5, updated_at = now()
where id = $1
