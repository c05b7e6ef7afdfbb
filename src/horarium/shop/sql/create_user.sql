-- Adds a user, unless the id or the e-mail address is taken: then no row. users_pkey and
-- users_email forbid the doubles.
insert into shop.users (id, name, email, country, zone)
values ($1, $2, $3, $4, $5)
on conflict do nothing
returning id, name, email, country, zone, created_at, updated_at, version
