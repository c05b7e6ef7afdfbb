-- The products of some orders as they were committed last, locked by the primary key until the
-- transaction ends. In the order of their ids, whatever the order of the items: two transactions
-- that take the same products cannot wait for each other.
select id, name, price, currency, stock
from shop.products
where id = any ($1::text[])
order by id
for no key update
