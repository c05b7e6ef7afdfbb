-- Deletes one product by the primary key. What refers to it forbids that, by the index that serves the
-- reference.
delete from shop.products where id = $1
