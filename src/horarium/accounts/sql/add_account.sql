-- Adds an account; nothing comes back where there is one of this name. Carried by the primary key.
insert into horarium.accounts (name, role, zone) values ($1, $2, $3)
on conflict (name) do nothing
returning name, role, zone, created_at
