-- What tells one state of a day's rows from every other: the version of its period's row, which each
-- build writes, and of the rows themselves, some of which are added by hand. Null where the day was
-- never built. Whatever is committed changes it at once, for it is read from the rows, and no
-- counter has to be kept. report_periods_day and reports_order_of_day carry it. $1 day.
select
    p.xmin::text || '.' || p.revision || '.' || count(r.*) || '.'
        || coalesce(sum(r.xmin::text::numeric), 0) || '.'
        || coalesce(sum(hashint8extended(r.xmin::text::bigint, r.id)), 0)
        || coalesce('.' || extract(epoch from p.stale_since) || p.cause, '')
from (
    select c.xmin, c.revision, s.stale_since, s.cause
    from horarium.report_periods c
    left join lateral horarium.report_staleness('orders', c.starts_at, c.ends_at) s on true
    where c.report = 'orders' and c.day = $1
    order by c.starts_at
    limit 1
) p
left join shop.reports r on r.report_at = $1
group by p.xmin, p.revision, p.stale_since, p.cause
