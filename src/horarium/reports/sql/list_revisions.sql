-- The revisions of a day's periods, newest first; report_periods_day and the primary key of
-- revisions carry it. $1 report, $2 day.
select
    p.report, p.day, r.starts_at, r.revision, r.reason, r.built_at, r.data_until, r.row_count,
    r.rows_added, r.rows_removed, r.rows_altered, r.job
from horarium.report_periods p
join horarium.report_revisions r on r.report = p.report and r.starts_at = p.starts_at
where p.report = $1 and p.day = $2
order by r.starts_at desc, r.revision desc
