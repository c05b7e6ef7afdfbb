-- Notes that a period's current revision still says what its query does, and gives that revision.
-- The primary keys carry it. $1 report, $2 start, $3 end, $4 zone, $5 the time.
with period as (
    update horarium.report_periods
    set
        checked_at = greatest(checked_at, $5::timestamptz),
        data_until = greatest(data_until, least($5, $3::timestamptz)),
        provisional = provisional and $5 < $3,
        zone = $4::text
    where report = $1::text and starts_at = $2::timestamptz
    returning report, day, starts_at, revision
)
select
    p.report, p.day, p.starts_at, p.revision, r.reason, r.built_at, r.data_until, r.row_count,
    r.rows_added, r.rows_removed, r.rows_altered, r.job
from period p
join horarium.report_revisions r
    on r.report = p.report and r.starts_at = p.starts_at and r.revision = p.revision
