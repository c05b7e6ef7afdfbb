-- The latest failure of each report that has any; the primary key carries it. $1 names.
select distinct on (report) report, day, starts_at, failed_at, problem, reason, job
from horarium.report_failures
where report = any($1::text[])
order by report, failed_at desc
