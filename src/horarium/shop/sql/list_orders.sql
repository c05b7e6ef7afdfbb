-- A page of orders, newest first (orders_placed carries it), and the number of all that match. At
-- least one row comes, with a null id where the page is empty. $3 user (orders_user), $4 kind,
-- $5 status, $6 and $7 the half-open span of placed_at, $8 and $9 the instant and id after which
-- the page begins: then nothing is counted.
with matching as not materialized (
    select id, user_id, kind, status, currency, freight, placed_at, created_at, updated_at, version
    from shop.orders
    where ($3::text is null or user_id = $3)
        and ($4::text is null or kind = $4)
        and ($5::text is null or status = $5)
        and ($6::timestamptz is null or placed_at >= $6)
        and ($7::timestamptz is null or placed_at < $7)
)
select
    case when $8::timestamptz is null then (select count(*) from matching) end as total,
    listed.*
from (values (1)) one
left join (
    select *
    from matching
    where placed_at <= coalesce($8::timestamptz, 'infinity')
        and (placed_at < coalesce($8::timestamptz, 'infinity') or id > $9::text)
    order by placed_at desc, id
    limit $1 offset $2
) listed on true
order by listed.placed_at desc, listed.id
