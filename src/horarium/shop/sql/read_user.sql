-- One user by the primary key.
select id, name, email, country, zone, created_at, updated_at, version
from shop.users
where id = $1
