-- Names and prices the touched products after all of their items, so that the order in which files
-- come makes no difference. The name is the most frequent description, of sold items before those
-- of write-offs ("damages", "found"); the price that of the latest sale. order_items_product
-- carries it when few products are touched. Gives whether each altered one was there before.
with items as (
    select
        i.product_id, i.description, i.price, i.line, o.id as order_id, o.placed_at, o.currency,
        o.kind = 'sale' and i.quantity > 0 and i.price > 0 as sold
    from shop.order_items i
    join shop.orders o on o.id = i.order_id
    where i.product_id in (select id from import_touched)
),
names as (
    select distinct on (product_id) product_id, left(description, 500) as name
    from (
        select
            product_id, description,
            count(*) filter (where sold) as sales, count(*) as uses, max(placed_at) as latest
        from items
        where description is not null
        group by product_id, description
    ) described
    order by product_id, sales desc, uses desc, latest desc, description collate "C"
),
prices as (
    select distinct on (product_id) product_id, price, currency
    from items
    where sold
    order by product_id, placed_at desc, order_id desc, line desc
)
update shop.products p set
    name = coalesce(n.name, p.name),
    price = coalesce(s.price, p.price),
    currency = coalesce(s.currency, p.currency),
    updated_at = now()
from import_touched t
left join names n on n.product_id = t.id
left join prices s on s.product_id = t.id
where p.id = t.id
    and (p.name, p.price, p.currency) is distinct from (
        coalesce(n.name, p.name), coalesce(s.price, p.price), coalesce(s.currency, p.currency)
    )
returning p.created_at < now() as was_there
