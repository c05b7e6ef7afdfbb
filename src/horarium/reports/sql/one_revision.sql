-- A revision of a period with the one before it, and whether its rows can be made of the current
-- ones: what all later revisions changed is kept. The primary keys carry it.
-- $1 report, $2 start, $3 revision.
select
    r.report, p.day, r.starts_at, r.revision, r.reason, r.built_at, r.data_until, r.row_count,
    r.rows_added, r.rows_removed, r.rows_altered, r.job, r.summary, r.columns, r.changes_kept,
    p.columns as current_columns, b.summary as former_summary, b.columns as former_columns,
    not exists (
        select from horarium.report_revisions later
        where later.report = r.report and later.starts_at = r.starts_at
            and later.revision > r.revision and not later.changes_kept
    ) as is_reachable
from horarium.report_revisions r
join horarium.report_periods p on p.report = r.report and p.starts_at = r.starts_at
left join horarium.report_revisions b
    on b.report = r.report and b.starts_at = r.starts_at and b.revision = r.revision - 1
where r.report = $1 and r.starts_at = $2 and r.revision = $3
