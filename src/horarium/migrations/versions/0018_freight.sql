-- What a customer pays for the way of an order, beside its lines. Part of what the order comes to.

alter table shop.orders add column freight numeric not null default 0
    check (freight >= 0 or kind = 'cancellation');
comment on column shop.orders.freight is
    'what the way costs, in the order''s currency; below 0 where a cancellation gives it back';

create or replace view shop.order_reports as
select
    (o.placed_at at time zone (select zone from shop.profile))::date as report_at,
    o.id as order_id,
    count(i.line)::integer as count_product,
    coalesce(sum(i.quantity * i.price), 0) + o.freight as total_amount
from shop.orders o
left join shop.order_items i on i.order_id = o.id
group by o.id;
