-- The version of one review by the primary key, locked until the transaction ends.
select version from shop.reviews where id = $1 for no key update
