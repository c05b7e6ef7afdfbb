-- Gives what an order's lines hold back to their products, and lets the lines hold nothing: however
-- often it runs, each piece goes back once. The order and its products are locked. A product that
-- is not counted any more gets nothing.
with held as materialized (
    select product_id, sum(taken) as taken
    from shop.order_items
    where order_id = $1 and taken > 0
    group by product_id
),
freed as (
    update shop.order_items set taken = 0 where order_id = $1 and taken > 0
)
update shop.products p
set stock = p.stock + held.taken, updated_at = now()
from held
where p.id = held.product_id and p.stock is not null
