-- The current revision of a day's period, null being the newest day, and beside it that of the
-- period that ends where it starts. report_periods_day and the primary key carry it.
-- $1 report, $2 day or null.
select
    c.report, c.day, c.starts_at, c.ends_at, c.zone, c.summary,
    c.built_at, c.checked_at, c.data_until, c.provisional, c.revision, c.reason,
    s.stale_since, s.cause,
    p.day as previous_day, p.revision as previous_revision, p.summary as previous_summary
from (
    select * from horarium.report_periods
    where report = $1::text and day = coalesce(
        $2::date,
        (select max(day) from horarium.report_periods where report = $1)
    )
    order by starts_at
    limit 1
) c
left join lateral (
    select * from horarium.report_periods
    where report = $1 and starts_at < c.starts_at
    order by starts_at desc
    limit 1
) p on p.ends_at = c.starts_at
left join lateral horarium.report_staleness($1, c.starts_at, c.ends_at) s on true
