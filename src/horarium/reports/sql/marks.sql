-- The marks of reports, with when their period was built last. Marks are few: a period has one, and
-- only until it is built. The primary keys carry it. $1 reports.
select
    m.report, m.starts_at, m.ends_at, m.waiting_since, m.last_changed_at, m.enqueued_at,
    p.checked_at
from horarium.report_marks m
left join horarium.report_periods p on p.report = m.report and p.starts_at = m.starts_at
where m.report = any ($1)
order by m.starts_at, m.report
