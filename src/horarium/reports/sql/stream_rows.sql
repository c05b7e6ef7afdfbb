-- The rows of the periods from one start to another, in order, each cell as its type. Those who
-- call put the expressions of the columns in. The primary keys carry it: no sort.
-- $1 report, $2 first and $3 last start.
select /* columns */
from horarium.report_periods p
join horarium.report_rows r on r.report = p.report and r.starts_at = p.starts_at
where p.report = $1 and r.report = $1
    and p.starts_at between $2 and $3 and r.starts_at between $2 and $3
order by r.starts_at, r.position
