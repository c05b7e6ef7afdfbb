-- A period was built: that it failed before is over. The primary key carries it.
-- $1 report, $2 start.
delete from horarium.report_failures where report = $1 and starts_at = $2
