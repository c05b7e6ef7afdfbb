-- The newest day that was built; report_periods_day carries it. $1 report.
select max(day) from horarium.report_periods where report = $1
