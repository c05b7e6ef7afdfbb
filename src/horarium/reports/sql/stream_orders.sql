-- The rows of the order report of a range of days, by day and order; reports_order_of_day carries
-- it. $1 first and $2 last day.
select report_at as period, order_id, count_product, total_amount, currency, by_hand
from shop.reports
where report_at between $1 and $2
order by report_at, order_id
