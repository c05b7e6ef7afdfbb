-- One order by the primary key.
select id, user_id, kind, status, currency, placed_at, created_at, updated_at
from shop.orders
where id = $1
