-- How many staged reviews are of orders that the shop does not have, by orders_pkey.
select count(distinct s.id)
from pg_temp.import_reviews s
where not exists (select from shop.orders o where o.id = s.order_id)
