-- The current revisions of a day's periods that are final, oldest first. report_periods_day carries
-- it. $1 report, $2 day.
select starts_at from horarium.report_periods
where report = $1 and day = $2 and not provisional
order by starts_at
