-- Forgets what the revisions of a report changed that were built before an instant; the revisions
-- themselves are kept. A bounded number at a time; report_revisions_kept carries it.
-- $1 report, $2 the instant, $3 how many revisions.
with old as (
    select report, starts_at, revision from horarium.report_revisions
    where report = $1 and built_at < $2 and changes_kept and revision > 1
    order by built_at
    limit $3
    for update
),
forgotten as (
    update horarium.report_revisions r set changes_kept = false
    from old
    where r.report = old.report and r.starts_at = old.starts_at and r.revision = old.revision
)
delete from horarium.report_changes c
using old
where c.report = old.report and c.starts_at = old.starts_at and c.revision = old.revision
