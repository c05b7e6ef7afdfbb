-- Alerts of the last day that were not mailed, oldest first, locked for who mails them; those that
-- another is mailing are passed over. Older ones are no news to who sets up mail today.
-- report_alerts_unmailed carries it. $1 how many.
select id as number, report, day, deadline, state, reason, raised_at
from horarium.report_alerts
where mailed_at is null and raised_at > clock_timestamp() - interval '1 day'
order by raised_at, id
limit $1
for update skip locked
