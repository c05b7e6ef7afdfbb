-- Alters one user ($1), by the primary key: $2 name, $3 e-mail, $4 country, $5 zone. users_email
-- forbids an address that another has.
update shop.users
set name = $2, email = $3, country = $4, zone = $5, updated_at = now()
where id = $1
returning id, name, email, country, zone, created_at, updated_at, version
