-- Some orders by the primary key.
select id, user_id, kind, status, currency, freight, placed_at, created_at, updated_at, version
from shop.orders
where id = any ($1::text[])
