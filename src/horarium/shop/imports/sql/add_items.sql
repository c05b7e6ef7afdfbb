-- Adds the items of the changed orders, in the order of the primary key.
insert into shop.order_items (order_id, line, product_id, description, quantity, price)
select i.order_id, i.line, i.product_id, i.description, i.quantity, i.price
from import_items i
where i.order_id in (select id from import_changed)
order by i.order_id, i.line
