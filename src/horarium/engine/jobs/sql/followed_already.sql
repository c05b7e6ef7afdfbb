-- One of these ids that somebody waits for already.
-- Carried by the primary key.
select on_job from horarium.dependencies where on_job = any ($1::text[]) and open limit 1
