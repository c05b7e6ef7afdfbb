-- Alters one product ($1), by the primary key: $2 name, $3 price, $4 currency, $5 stock.
update shop.products
set name = $2, price = $3, currency = $4, stock = $5, updated_at = now()
where id = $1
returning id, name, price, currency, stock, created_at, updated_at, version
