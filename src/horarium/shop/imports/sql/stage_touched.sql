-- The products of the changed orders that imports keep up to date: those that are not counted.
-- Locked in the order of their ids, as taking stock does, so that neither waits for the other.
create temp table import_touched on commit drop as
select id
from shop.products
where stock is null
    and id in (
        select product_id from import_items where order_id in (select id from import_changed)
    )
order by id
for no key update
