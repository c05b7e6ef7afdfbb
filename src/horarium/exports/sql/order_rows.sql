-- The rows of the order report from one day to another, by day and order: reports_order_of_day gives
-- them in that order, or a scan and a sort where they are most of the table. $1 first, $2 last day.
select report_at, order_id, count_product, total_amount, currency, created_at, by_hand
from shop.reports
where report_at between $1::date and $2::date
order by report_at, order_id
