-- The summaries of the periods from one day to another, oldest first; report_periods_day carries
-- it. $1 report, $2 first and $3 last day.
select day, summary
from horarium.report_periods
where report = $1 and day between $2 and $3
order by day, starts_at
