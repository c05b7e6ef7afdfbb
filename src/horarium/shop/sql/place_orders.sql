-- Writes orders with their items, and takes what they hold from the locked products. An order whose
-- id or idempotency key another transaction has used meanwhile is left out with all of its items
-- (orders_pkey, orders_idempotency_key); the caller counts the rows.
--
-- Orders: $1 ids, $2 users, $3 currencies, $4 placed_at (null: now), $5 keys, $6 hashes,
-- $7 freights.
-- Items: $8 orders, $9 lines, $10 products, $11 descriptions, $12 quantities, $13 prices, $14 taken.
-- Orders are written by id, so that two transactions with the same ids cannot wait for each other.
with placed as (
    insert into shop.orders (id, user_id, currency, placed_at, idempotency_key, request, freight)
    select id, user_id, currency, coalesce(placed_at, now()), key, request, freight
    from unnest(
        $1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::bytea[],
        $7::numeric[]
    ) as o (id, user_id, currency, placed_at, key, request, freight)
    order by id
    on conflict do nothing
    returning
        id, user_id, kind, status, currency, freight, placed_at, created_at, updated_at, version
),
wanted as materialized (
    select item.*
    from unnest(
        $8::text[], $9::integer[], $10::text[], $11::text[], $12::integer[], $13::numeric[],
        $14::integer[]
    ) as item (order_id, line, product_id, description, quantity, price, taken)
    join placed on placed.id = item.order_id
),
items as (
    insert into shop.order_items
        (order_id, line, product_id, description, quantity, price, taken)
    select order_id, line, product_id, description, quantity, price, taken from wanted
),
shelf as (
    update shop.products p
    set stock = p.stock - w.taken::integer, updated_at = now()
    from (select product_id, sum(taken) as taken from wanted group by product_id) w
    where p.id = w.product_id and w.taken > 0
)
select * from placed
