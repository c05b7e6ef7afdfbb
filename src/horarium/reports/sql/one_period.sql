-- A period that was built, with its current revision; the primary key carries it.
-- $1 report, $2 start.
select
    report, day, starts_at, ends_at, zone, revision, reason, provisional, built_at, data_until,
    checked_at, row_count, job, columns,
    (select stale_since is not null from horarium.report_staleness($1, starts_at, ends_at)) as stale
from horarium.report_periods
where report = $1 and starts_at = $2
