-- Marks an unfinished job as awaited, so that finishing it notifies. No row: it is not unfinished.
-- Carried by the primary key.
update horarium.jobs set awaited = true where id = $1 returning true
