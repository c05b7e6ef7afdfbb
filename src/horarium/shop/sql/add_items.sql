-- Adds items: $1 orders, $2 lines, $3 products, $4 descriptions, $5 quantities, $6 prices, $7 taken.
insert into shop.order_items (order_id, line, product_id, description, quantity, price, taken)
select *
from unnest(
    $1::text[], $2::integer[], $3::text[], $4::text[], $5::integer[], $6::numeric[], $7::integer[]
)
