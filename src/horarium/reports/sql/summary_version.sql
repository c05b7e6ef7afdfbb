-- What tells one state of a day's summary from every other: the versions of the rows that it is made
-- of, the period's, that of the period before, those of the day's reviews, and of its staleness.
-- Whatever is committed changes it at once, for it is read from the rows. Null where the day was
-- never built.
-- report_periods_day, the primary key and reviews_written carry it. $1 report, $2 day or null: the
-- newest.
select
    c.day::text || '.' || c.xmin::text || '.' || c.revision || '.'
        || coalesce(p.xmin::text || '.' || p.revision, '') || '.' || w.state
        || coalesce('.' || extract(epoch from s.stale_since) || s.cause, '')
from (
    select xmin, * from horarium.report_periods
    where report = $1::text and day = coalesce(
        $2::date,
        (select max(day) from horarium.report_periods where report = $1)
    )
    order by starts_at
    limit 1
) c
left join lateral (
    select xmin, revision from horarium.report_periods
    where report = $1 and starts_at < c.starts_at
    order by starts_at desc
    limit 1
) p on true
left join lateral horarium.report_staleness($1, c.starts_at, c.ends_at) s on true
cross join lateral (
    select
        count(*) || '.' || coalesce(sum(xmin::text::numeric), 0) || '.'
            || coalesce(sum(hashtextextended(id, xmin::text::bigint)), 0) as state
    from shop.reviews
    where written_at >= c.starts_at and written_at < c.ends_at
) w
