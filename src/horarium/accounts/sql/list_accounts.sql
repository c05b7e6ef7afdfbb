-- All accounts by name. Carried by the primary key.
select name, role, zone, created_at from horarium.accounts order by name
