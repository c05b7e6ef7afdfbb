-- Removes the items of one order, by the primary key.
delete from shop.order_items where order_id = $1
