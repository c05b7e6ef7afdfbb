-- A page of products by id (the primary key carries it), and the number of all that match. At
-- least one row comes, with a null id where the page is empty. $3 a part of the name, $4 whether
-- an order for one could be taken, $5 the id after which the page begins: then nothing is counted.
with matching as not materialized (
    select id, name, price, currency, stock, created_at, updated_at, version
    from shop.products
    where ($3::text is null or position(lower($3) in lower(name)) > 0)
        and ($4::boolean is null or (price is not null and coalesce(stock, 1) > 0) = $4)
)
select
    case when $5::text is null then (select count(*) from matching) end as total,
    listed.*
from (values (1)) one
left join (
    select * from matching where id > coalesce($5, '') order by id limit $1 offset $2
) listed on true
order by listed.id
