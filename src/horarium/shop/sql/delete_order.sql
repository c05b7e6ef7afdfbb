-- Deletes one order by the primary key; its items go with it.
delete from shop.orders where id = $1
