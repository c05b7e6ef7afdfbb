-- Alerts that were not told yet, oldest first, locked for who tells them; those that another is
-- telling are passed over. report_alerts_untold carries it. $1 how many.
select id as number, report, day, starts_at, deadline, state, reason
from horarium.report_alerts
where told_at is null
order by id
limit $1
for update skip locked
