-- Writes a new revision of a period, and makes it the current one. The period of the same day in a
-- zone that the shop had before is replaced by this one; its revisions stay, but what they changed
-- leads no longer from the rows that are there to theirs, nor does it of a period that comes back.
-- The primary keys carry all of it. $1 report, $2 start, $3 end, $4 first day, $5 zone, $6 reason,
-- $7 job, $8 the time, $9 rows, $10 to $12 rows added, removed, altered, $13 summary, $14 columns.
with replaced as (
    delete from horarium.report_periods
    where report = $1::text and day = $4::date and zone <> $5::text and starts_at <> $2::timestamptz
    returning report, starts_at
),
cut as (
    update horarium.report_revisions r set changes_kept = false
    from replaced p
    where r.report = p.report and r.starts_at = p.starts_at
),
revision as (
    insert into horarium.report_revisions (
        report, starts_at, revision, reason, built_at, data_until, row_count,
        rows_added, rows_removed, rows_altered, summary, job, columns, changes_kept
    )
    select
        $1, $2, coalesce(max(revision), 0) + 1, $6, $8::timestamptz, least($8, $3::timestamptz), $9,
        $10, $11, $12, $13, $7, $14,
        max(revision) is null or exists (
            select from horarium.report_periods where report = $1 and starts_at = $2
        )
    from horarium.report_revisions
    where report = $1 and starts_at = $2
    returning *
),
period as (
    insert into horarium.report_periods (
        report, starts_at, ends_at, day, zone, revision, reason, provisional,
        built_at, data_until, checked_at, row_count, summary, job, columns
    )
    select
        report, starts_at, $3, $4, $5, revision, reason, $8 < $3,
        built_at, data_until, built_at, row_count, summary, job, columns
    from revision
    on conflict (report, starts_at) do update set
        ends_at = excluded.ends_at,
        day = excluded.day,
        zone = excluded.zone,
        revision = excluded.revision,
        reason = excluded.reason,
        provisional = excluded.provisional,
        built_at = excluded.built_at,
        data_until = excluded.data_until,
        checked_at = excluded.checked_at,
        row_count = excluded.row_count,
        summary = excluded.summary,
        job = excluded.job,
        columns = excluded.columns
)
select
    report, $4 as day, starts_at, revision, reason, built_at, data_until, row_count,
    rows_added, rows_removed, rows_altered, job
from revision
