-- A page of a day's rows by order (reports_order_of_day carries it), and the number of all. No row
-- comes for a day that was never built, one with a null id for an empty page.
-- $1 day, $2 limit, $3 offset.
select p.row_count as total, r.*
from (
    select row_count from horarium.report_periods where report = 'orders' and day = $1 limit 1
) p
left join lateral (
    select id, report_at, order_id, count_product, total_amount, currency, created_at, by_hand
    from shop.reports
    where report_at = $1
    order by order_id
    limit $2 offset $3
) r on true
order by r.order_id
