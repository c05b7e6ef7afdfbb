-- Takes so many ($2) of the products ($1), or gives back where it is negative. The products are
-- locked; their check forbids a stock below zero.
update shop.products p
set stock = p.stock - t.taken, updated_at = now()
from unnest($1::text[], $2::bigint[]) as t (product_id, taken)
where p.id = t.product_id
