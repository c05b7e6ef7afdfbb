-- How many periods of a report were built; report_periods_day carries it. $1 report.
select count(*) from horarium.report_periods where report = $1
