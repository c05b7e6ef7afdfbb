-- A page of batches, newest first.
-- Carried by batches_created.
select id, kind, name, owner, total, created_at from horarium.batches
where ($1::text is null or owner = $1)
order by created_at desc, id limit $2 offset $3
