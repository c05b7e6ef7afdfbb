-- Notes the days without an order between those of an import, as changed orders are noted, so that
-- reports say that there was none. A step of half a day meets every day of every zone, also the
-- shortest. Longer gaps than a year are not filled: one order with a wrong date would have decades
-- reported. orders_placed carries it. $1 first and $2 last imported order.
insert into shop.changed_days (ordered_at)
select date_bin('15 minutes', instant, '2000-01-01 00:00+00')
from (
    select placed_at, lead(placed_at) over (order by placed_at) as next_at
    from shop.orders
    where placed_at between $1::timestamptz and $2::timestamptz
) gaps
cross join generate_series(
    placed_at + interval '12 hours', next_at - interval '1 microsecond', interval '12 hours'
) instant
where next_at - placed_at between interval '22 hours' and interval '366 days'
