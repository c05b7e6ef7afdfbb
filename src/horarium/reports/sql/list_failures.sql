-- The periods of a report whose last build failed, the latest first; they are few. The primary key
-- carries it. $1 report, $2 how many.
select report, day, starts_at, failed_at, problem, reason, job
from horarium.report_failures
where report = $1
order by failed_at desc
limit $2
