-- Adds the rows of a period that has none. Whoever calls puts the expressions of the cells in.
-- $1 report, $2 start.
insert into horarium.report_rows (report, starts_at, position, cells)
select $1, $2, /* position */, /* cells */ from pg_temp.rows
