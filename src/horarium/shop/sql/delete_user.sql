-- Deletes one user by the primary key. What refers to it forbids that, by the index that serves the
-- reference.
delete from shop.users where id = $1
