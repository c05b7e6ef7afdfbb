-- One product by the primary key.
select id, name, price, currency, stock, created_at, updated_at, version
from shop.products
where id = $1
