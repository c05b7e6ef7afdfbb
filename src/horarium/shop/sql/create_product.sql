-- Adds a product, unless its id is taken: then no row.
insert into shop.products (id, name, price, currency, stock)
values ($1, $2, $3, $4, $5)
on conflict (id) do nothing
returning id, name, price, currency, stock, created_at, updated_at, version
