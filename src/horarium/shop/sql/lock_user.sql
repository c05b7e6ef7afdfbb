-- One user by the primary key, locked until the transaction ends.
select id, name, email, country, zone, created_at, updated_at, version
from shop.users where id = $1 for no key update
