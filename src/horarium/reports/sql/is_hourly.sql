-- Whether the periods of a report are hours (an hour of a clock change has up to 90 minutes). The
-- primary key carries it. $1 report.
select ends_at - starts_at < interval '3 hours' from horarium.report_periods
where report = $1
limit 1
