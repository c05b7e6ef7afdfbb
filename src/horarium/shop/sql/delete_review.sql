-- Deletes one review by the primary key.
delete from shop.reviews where id = $1
