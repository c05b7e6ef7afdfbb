-- Records a batch, once its jobs are.
-- Carried by the primary key.
insert into horarium.batches (id, kind, name, owner, total, created_at)
values ($1, $2, $3, $4, $5, $6)
