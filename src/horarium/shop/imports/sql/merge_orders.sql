-- Adds and alters the heads of the changed orders. A status that the file tells is kept. Where it
-- tells none, what a file of invoices tells is over: new sales are delivered, cancellations
-- returned, and a status that was altered since is left alone. So is freight of which it tells nothing.
insert into shop.orders as o (id, user_id, kind, status, currency, placed_at, freight)
select
    s.id, s.user_id, s.kind,
    coalesce(
        s.status,
        there.status,
        case s.kind when 'cancellation' then 'returned' else 'delivered' end
    ),
    $1, s.placed_at, coalesce(s.freight, there.freight, 0)
from import_orders s
join import_changed c on c.id = s.id
left join shop.orders there on there.id = s.id
order by s.id
on conflict (id) do update set
    user_id = excluded.user_id,
    kind = excluded.kind,
    status = excluded.status,
    currency = excluded.currency,
    placed_at = excluded.placed_at,
    freight = excluded.freight,
    updated_at = now()
