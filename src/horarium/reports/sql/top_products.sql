-- A page of the products that were sold or given back in a span, those that sold most first, and
-- the number of all. At least one row comes, with a null id where the page is empty.
-- orders_placed and the primary key of order_items carry a small span, scans a large one.
-- Grouping by product and order first counts orders without sorting lines.
-- $1 start, $2 end, $3 currency, $4 what ranks: value or units, $5 limit, $6 offset.
with placed as materialized (
    select id, currency, kind = 'cancellation' as is_refund
    from shop.orders
    where placed_at >= $1::timestamptz and placed_at < $2::timestamptz
        and (kind = 'cancellation' or (kind = 'sale' and status <> 'cancelled'))
),
bought as (
    select
        i.product_id, p.id, p.is_refund,
        count(*) as lines, sum(i.quantity) as units, sum(i.quantity * i.price) as value
    from placed p
    join shop.order_items i on i.order_id = p.id
    where p.currency = $3::text and (p.is_refund or (i.quantity > 0 and i.price > 0))
    group by i.product_id, p.id, p.is_refund
),
counted as (
    select
        product_id,
        count(*) filter (where not is_refund) as sale_orders,
        coalesce(sum(lines) filter (where not is_refund), 0)::bigint as sale_lines,
        coalesce(sum(units) filter (where not is_refund), 0)::bigint as sale_units,
        coalesce(sum(value) filter (where not is_refund), 0) as sale_value,
        count(*) filter (where is_refund) as refund_orders,
        coalesce(sum(lines) filter (where is_refund), 0)::bigint as refund_lines,
        coalesce(sum(units) filter (where is_refund), 0)::bigint as refund_units,
        coalesce(sum(value) filter (where is_refund), 0) as refund_value
    from bought
    group by product_id
),
ranked as (
    select
        rank() over (
            order by case $4::text when 'units' then sale_units else sale_value end desc
        ) as rank,
        row_number() over (
            order by
                case $4::text when 'units' then sale_units else sale_value end desc,
                case $4::text when 'units' then sale_value else sale_units end desc,
                product_id
        ) as place,
        *
    from counted
)
select
    statement_timestamp() as read_at,
    (select count(*) from counted) as total,
    array(select distinct currency from placed order by currency) as currencies,
    0 as unranked_sale_orders, 0 as unranked_sale_lines, 0 as unranked_sale_units,
    0::numeric as unranked_sale_value,
    0 as unranked_refund_orders, 0 as unranked_refund_lines, 0 as unranked_refund_units,
    0::numeric as unranked_refund_value,
    r.product_id as id, p.name, r.*
from (values (1)) one
left join (select * from ranked where place > $6 and place <= $5 + $6) r on true
left join shop.products p on p.id = r.product_id
order by r.place
