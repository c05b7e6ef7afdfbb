-- The columns of one period; the primary key carries it. $1 report, $2 start.
select day, starts_at, columns from horarium.report_periods where report = $1 and starts_at = $2
