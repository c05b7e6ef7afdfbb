-- The columns of the newest period that was built; report_periods_day carries it. $1 report.
select columns from horarium.report_periods
where report = $1
order by day desc, starts_at desc
limit 1
