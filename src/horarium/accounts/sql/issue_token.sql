-- Adds a token; an account that is not there violates the foreign key.
insert into horarium.tokens (id, account, name, hash, expires_at)
values ($1, $2, $3, $4, now() + $5::interval)
returning expires_at
