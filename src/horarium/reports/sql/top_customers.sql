-- A page of the customers who bought or gave back something in a span, those who bought most
-- first, the number of all, and what the orders that name no customer come to. At least one row
-- comes, with a null id where the page is empty. orders_placed and the primary key of order_items
-- carry a small span, scans a large one.
-- $1 start, $2 end, $3 currency, $4 what ranks: value or units, $5 limit, $6 offset.
with placed as materialized (
    select id, user_id, currency, freight, kind = 'cancellation' as is_refund
    from shop.orders
    where placed_at >= $1::timestamptz and placed_at < $2::timestamptz
        and (kind = 'cancellation' or (kind = 'sale' and status <> 'cancelled'))
),
bought as (
    select
        p.id, p.user_id, p.is_refund,
        count(i.line) as lines,
        coalesce(sum(i.quantity), 0) as units,
        coalesce(sum(i.quantity * i.price), 0) + p.freight as value
    from placed p
    left join shop.order_items i on i.order_id = p.id
        and (p.is_refund or (i.quantity > 0 and i.price > 0))
    where p.currency = $3::text
    group by p.id, p.user_id, p.is_refund, p.freight
),
counted as materialized (
    select
        user_id,
        count(*) filter (where not is_refund) as sale_orders,
        coalesce(sum(lines) filter (where not is_refund), 0)::bigint as sale_lines,
        coalesce(sum(units) filter (where not is_refund), 0)::bigint as sale_units,
        coalesce(sum(value) filter (where not is_refund), 0) as sale_value,
        count(*) filter (where is_refund) as refund_orders,
        coalesce(sum(lines) filter (where is_refund), 0)::bigint as refund_lines,
        coalesce(sum(units) filter (where is_refund), 0)::bigint as refund_units,
        coalesce(sum(value) filter (where is_refund), 0) as refund_value
    from bought
    -- An order without a sale line is no sale; a refund is one with whatever lines it has.
    where is_refund or lines > 0
    group by user_id
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
                user_id
        ) as place,
        *
    from counted
    where user_id is not null
)
select
    statement_timestamp() as read_at,
    (select count(*) from counted where user_id is not null) as total,
    array(select distinct currency from placed order by currency) as currencies,
    coalesce(n.sale_orders, 0) as unranked_sale_orders,
    coalesce(n.sale_lines, 0) as unranked_sale_lines,
    coalesce(n.sale_units, 0) as unranked_sale_units,
    coalesce(n.sale_value, 0) as unranked_sale_value,
    coalesce(n.refund_orders, 0) as unranked_refund_orders,
    coalesce(n.refund_lines, 0) as unranked_refund_lines,
    coalesce(n.refund_units, 0) as unranked_refund_units,
    coalesce(n.refund_value, 0) as unranked_refund_value,
    r.user_id as id, u.name, u.country, r.*
from (values (1)) one
left join counted n on n.user_id is null and n.sale_orders is not null
left join (select * from ranked where place > $6 and place <= $5 + $6) r on true
left join shop.users u on u.id = r.user_id
order by r.place
