-- A page of all rows, newest day first, by order within a day: reports_order_of_day is read
-- backwards and sorted day by day. One with a null id comes for an empty page. The total is the sum
-- of what the periods hold, for counting millions of rows takes longer than reading ten.
-- $1 limit, $2 offset.
select total, r.*
from (
    select coalesce(sum(row_count), 0)::bigint as total
    from horarium.report_periods
    where report = 'orders'
) t
left join lateral (
    select id, report_at, order_id, count_product, total_amount, currency, created_at, by_hand
    from shop.reports
    order by report_at desc, order_id
    limit $1 offset $2
) r on true
order by r.report_at desc, r.order_id
