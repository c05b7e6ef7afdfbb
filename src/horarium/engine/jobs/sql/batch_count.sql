-- How many batches there are. Reads the table: a figure for people.
select count(*) from horarium.batches where ($1::text is null or owner = $1)
