-- A page of the order report's rows of a day, by order; reports_order_of_day carries it. Whoever
-- calls puts the expressions of the columns in. $1 report, $2 day, $3 the order before it or null,
-- $4 limit, $5 offset.
select r.order_id as horarium_place, /* columns */
from (
    select order_id, array[
        order_id, count_product::text, total_amount::text, currency, by_hand::text
    ] as cells
    from shop.reports
    where $1::text = 'orders' and report_at = $2 and ($3::text is null or order_id > $3)
    order by order_id
    limit $4 offset $5
) r
order by r.order_id
