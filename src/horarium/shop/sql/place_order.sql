-- Places an order and takes its stock, or changes nothing and shows why: one statement, so that a
-- hot product's row is locked for as short as can be.
--
-- $1 id, $2 user or null, $3 currency or null (the first product's), $4 placed_at or null (now),
-- $5 product ids and $6 quantities of the items. One row for each product that is wanted (products
-- by their primary key): what is wanted in all items together, what there is, and the order's
-- columns, which are null where it was not placed.
--
-- The rows are locked in the order of their ids, whatever the order of the items: two orders of
-- the same products cannot wait for each other. Locking reads the newest committed stock.
with wanted as (
    select product_id, sum(quantity) as quantity
    from unnest($5::text[], $6::integer[]) as item (product_id, quantity)
    group by product_id
),
locked as materialized (
    select id, name, price, currency, stock
    from shop.products
    where id = any ($5::text[])
    order by id
    for no key update
),
checked as materialized (
    select
        w.product_id, w.quantity, l.name, l.price, l.currency, l.stock,
        l.id is not null as known,
        coalesce($3::text, (select currency from locked where id = ($5::text[])[1]))
            as order_currency,
        $2::text is null or exists (select from shop.users where id = $2) as user_known,
        exists (select from shop.orders where id = $1) as id_taken
    from wanted w
    left join locked l on l.id = w.product_id
),
placed as (
    insert into shop.orders (id, user_id, currency, placed_at)
    select $1, $2, min(order_currency), coalesce($4, now())
    from checked
    having bool_and(
        user_known and known and price is not null and currency = order_currency
        and quantity <= coalesce(stock, quantity)
    )
    on conflict (id) do nothing
    returning id, kind, status, currency, placed_at, created_at, updated_at
),
taken as (
    update shop.products p
    set stock = p.stock - c.quantity::integer, updated_at = now()
    from checked c
    cross join placed
    where p.id = c.product_id and p.stock is not null
),
items as (
    insert into shop.order_items (order_id, line, product_id, description, quantity, price)
    select placed.id, item.line, item.product_id, c.name, item.quantity, c.price
    from placed
    cross join unnest($5::text[], $6::integer[])
        with ordinality as item (product_id, quantity, line)
    join checked c on c.product_id = item.product_id
)
select
    c.product_id, c.quantity, c.known, c.name, c.price, c.stock, c.user_known, c.id_taken,
    c.currency as product_currency, c.order_currency,
    placed.id, placed.kind, placed.status, placed.currency, placed.placed_at,
    placed.created_at, placed.updated_at
from checked c
left join placed on true
order by c.product_id
