-- The revisions of a period, newest first; the primary keys carry it. $1 report, $2 start.
select
    r.report, p.day, r.starts_at, r.revision, r.reason, r.built_at, r.data_until, r.row_count,
    r.rows_added, r.rows_removed, r.rows_altered, r.job
from horarium.report_periods p
join horarium.report_revisions r on r.report = p.report and r.starts_at = p.starts_at
where p.report = $1 and p.starts_at = $2
order by r.revision desc
