-- The items of some orders, in their order. The primary key carries it.
select order_id, line, product_id, description, quantity, price
from shop.order_items
where order_id = any ($1::text[])
order by order_id, line
