-- A page of the orders that make up a figure of a day, each with its part in it, and the sums of
-- all of them by currency: counted as build_orders counts. At least one row comes, with a null
-- order where the page is empty. orders_placed and the primary key of order_items carry it, and
-- reports_order_of_day finds the rows made by hand.
-- $1 start, $2 end, $3 day, $4 figure: total, sales, refunds or cancelled, $5 currency or null,
-- $6 limit, $7 offset.
with placed as (
    select
        id, user_id, kind, status, placed_at, currency, freight,
        case
            when kind = 'cancellation' then 'refunds'
            when kind = 'sale' and status = 'cancelled' then 'cancelled'
            when kind = 'sale' then 'sales'
        end as figure
    from shop.orders
    where placed_at >= $1::timestamptz and placed_at < $2::timestamptz
        and ($5::text is null or currency = $5)
),
parts as materialized (
    select
        p.id as order_id, p.user_id, p.kind, p.status, p.placed_at, false as by_hand, p.currency,
        count(i.line) as lines,
        coalesce(sum(i.quantity), 0)::bigint as units,
        coalesce(sum(i.quantity * i.price), 0) + p.freight as value,
        p.freight
    from placed p
    left join shop.order_items i on i.order_id = p.id
        and ($4::text <> 'sales' or (i.quantity > 0 and i.price > 0))
    where $4 = 'total' or p.figure = $4
    group by p.id, p.user_id, p.kind, p.status, p.placed_at, p.currency, p.freight
    having $4 <> 'sales' or count(i.line) > 0
    union all
    select r.order_id, null, null, null, null, true, r.currency, r.count_product, 0,
        r.total_amount, 0
    from shop.reports r
    where $4 = 'total' and r.report_at = $3::date and r.by_hand
        and ($5::text is null or r.currency = $5)
        and not exists (
            select from shop.orders o
            where o.id = r.order_id
                and o.placed_at >= $1::timestamptz and o.placed_at < $2::timestamptz
        )
),
sums as (
    select
        currency, count(*) as orders, sum(lines)::bigint as lines, sum(units)::bigint as units,
        sum(value)::text as value, sum(freight)::text as freight
    from parts
    group by currency
)
select (select coalesce(jsonb_agg(to_jsonb(sums)), '[]') from sums) as sums, listed.*
from (values (1)) one
left join (select * from parts order by order_id limit $6 offset $7) listed on true
order by listed.order_id
