-- Adds and alters the heads of the changed orders. What a file of invoices tells is over: sales
-- are delivered, cancellations returned; a status that was altered since is left alone.
insert into shop.orders as o (id, user_id, kind, status, currency, placed_at)
select
    s.id, s.user_id, s.kind,
    case s.kind when 'cancellation' then 'returned' else 'delivered' end,
    $1, s.placed_at
from import_orders s
join import_changed c on c.id = s.id
order by s.id
on conflict (id) do update set
    user_id = excluded.user_id,
    kind = excluded.kind,
    currency = excluded.currency,
    placed_at = excluded.placed_at,
    updated_at = now()
