-- The columns and the figures of a period's current revision; the primary key carries it.
-- $1 report, $2 start.
select columns, summary from horarium.report_periods where report = $1 and starts_at = $2
