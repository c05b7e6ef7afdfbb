-- The current revision of a period that is over and was built since; none where it is provisional.
-- The primary key carries it. $1 report, $2 start.
select
    report, day, starts_at, ends_at, zone, revision, reason, row_count, built_at,
    now() - ends_at as age
from horarium.report_periods
where report = $1 and starts_at = $2 and not provisional
