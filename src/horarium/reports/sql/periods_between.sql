-- The periods that were built in a range of days, oldest first, with the columns of each.
-- report_periods_day carries it. $1 report, $2 first and $3 last day.
select day, starts_at, columns from horarium.report_periods
where report = $1 and day between $2 and $3
order by starts_at
