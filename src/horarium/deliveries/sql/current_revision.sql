-- Which revision a period has now; the primary key carries it. $1 report, $2 start.
select revision from horarium.report_periods where report = $1 and starts_at = $2
