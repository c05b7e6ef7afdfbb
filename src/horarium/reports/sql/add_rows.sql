-- Adds the rows that are new, altered or moved, after `remove_rows` has made room for them.
-- $1 report, $2 start.
insert into horarium.report_rows (report, starts_at, position, cells)
select $1, $2, position, after from pg_temp.difference where after is not null
