-- Whether somebody waits for a job of this id.
-- Carried by the primary key.
select exists (select from horarium.dependencies where on_job = $1 and open)
