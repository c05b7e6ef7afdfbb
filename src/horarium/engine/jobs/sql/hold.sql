-- Lets queued jobs wait: as many as are allowed run under their key.
-- Carried by the primary key (`is not distinct from` keeps jobs_queued, which may be long, out of
-- the plan).
update horarium.jobs set state = 'waiting'
where id = any ($1::text[]) and state is not distinct from 'queued'
