-- Makes a key of unique jobs if it is missing, and locks it until the transaction ends: calls
-- under one key take turns, and each sees what the one before it has left.
-- Carried by the primary key.
insert into horarium.unique_jobs (key) values ($1)
on conflict (key) do update set key = excluded.key
