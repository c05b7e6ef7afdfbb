-- Removes the rows of the period of the same day in a zone that the report had before: the period
-- that is built takes its place. report_periods_day and the primary keys carry it.
-- $1 report, $2 day, $3 zone, $4 start.
delete from horarium.report_rows r
using horarium.report_periods p
where p.report = $1 and p.day = $2 and p.zone <> $3 and p.starts_at <> $4
    and r.report = p.report and r.starts_at = p.starts_at
