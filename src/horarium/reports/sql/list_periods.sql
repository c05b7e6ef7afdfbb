-- A page of the periods that were built, newest first (report_periods_day carries it), and the
-- number of all. One with a null start comes for an empty page. $1 report, $2 limit, $3 offset.
select total, p.*, s.stale
from (select count(*) as total from horarium.report_periods where report = $1) t
left join lateral (
    select
        report, day, starts_at, ends_at, zone, revision, reason, provisional, built_at,
        data_until, checked_at, row_count, job
    from horarium.report_periods
    where report = $1
    order by day desc, starts_at desc
    limit $2 offset $3
) p on true
left join lateral (
    select stale_since is not null as stale
    from horarium.report_staleness($1, p.starts_at, p.ends_at)
) s on true
order by p.day desc, p.starts_at desc
