-- One product by the primary key, locked until the transaction ends.
select id, name, price, currency, stock, created_at, updated_at, version
from shop.products where id = $1 for no key update
