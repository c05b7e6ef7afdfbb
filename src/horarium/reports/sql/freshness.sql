-- How fresh the current revisions of days are, newest first. report_periods_day carries it.
-- $1 report, $2 days.
select
    c.day, c.built_at, c.checked_at, c.data_until, c.provisional, c.revision, c.reason,
    s.stale_since, s.cause
from horarium.report_periods c
left join lateral horarium.report_staleness($1, c.starts_at, c.ends_at) s on true
where c.report = $1::text and c.day = any ($2::date[])
order by c.day desc, c.starts_at desc
