-- Deletes one review by the primary key; a row comes back if it was there.
delete from shop.reviews where id = $1 returning id
