-- The limits of every unfinished job that has them: to find those that nobody can read.
-- Reads the hot table whole: done only when a worker has found something that it cannot read.
select id, limits from horarium.jobs where limits is not null
