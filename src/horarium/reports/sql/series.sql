-- The current revisions of the days from one to another, oldest first, and whether something was
-- changed since; report_periods_day carries it. $1 report, $2 first and $3 last day.
select
    c.day, c.summary, c.provisional, c.data_until, c.revision, s.stale_since is not null as stale
from horarium.report_periods c
left join lateral horarium.report_staleness($1::text, c.starts_at, c.ends_at) s on true
where c.report = $1 and c.day between $2 and $3
order by c.day, c.starts_at
