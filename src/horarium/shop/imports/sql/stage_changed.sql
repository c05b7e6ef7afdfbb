-- The orders that are not there as the file has them: new, or with another head or other items.
-- The primary key of order_items carries the comparison when the file is small, a hash join when
-- it is large.
create temp table import_changed on commit drop as
select s.id, o.id is null as added
from import_orders s
left join shop.orders o on o.id = s.id
where o.id is null
    or (o.user_id, o.kind, o.currency, o.placed_at, o.status, o.freight)
        is distinct from
            (
                s.user_id, s.kind, $1::text, s.placed_at, coalesce(s.status, o.status),
                coalesce(s.freight, o.freight)
            )
    or s.id in (
        select order_id
        from import_items i
        full join (
            select * from shop.order_items where order_id in (select id from import_orders)
        ) t using (order_id, line)
        where (i.product_id, i.description, i.quantity, i.price)
            is distinct from (t.product_id, t.description, t.quantity, t.price)
    )
