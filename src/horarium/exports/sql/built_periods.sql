-- The periods of a report that were built between two days, oldest first, with the columns and the
-- number of their rows. report_periods_day carries it. $1 report, $2 first, $3 last day.
select day, starts_at, columns, row_count
from horarium.report_periods
where report = $1 and day between $2 and $3 and columns is not null
order by starts_at
