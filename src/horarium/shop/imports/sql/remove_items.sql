-- Makes room for the items of changed orders that were there before. By the primary key.
delete from shop.order_items
where order_id in (select id from import_changed where not added)
