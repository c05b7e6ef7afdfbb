-- The newest period of each report that has any; report_periods_day carries it, a probe for each.
-- $1 names.
select p.*
from unnest($1::text[]) name
cross join lateral (
    select
        report, day, starts_at, ends_at, zone, revision, reason, provisional, built_at, data_until,
        checked_at, row_count, job,
        (
            select stale_since is not null from horarium.report_staleness(name, starts_at, ends_at)
        ) as stale
    from horarium.report_periods
    where report = name
    order by day desc, starts_at desc
    limit 1
) p
