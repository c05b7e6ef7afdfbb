-- What the file holds, and the span of its orders' times.
select
    (select count(*) from import_orders) as orders,
    (select count(distinct user_id) from import_lines) as users,
    (select count(distinct product_id) from import_lines) as products,
    (select count(*) filter (where added) from import_changed) as orders_added,
    (select count(*) filter (where not added) from import_changed) as orders_changed,
    (select min(placed_at) from import_orders) as first,
    (select max(placed_at) from import_orders) as last
