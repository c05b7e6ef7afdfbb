-- Notes that builds of these periods were enqueued. The primary key carries it.
-- Columns of equal length: $1 reports, $2 starts; $3 the time.
update horarium.report_marks m
set enqueued_at = $3
from unnest($1::text[], $2::timestamptz[]) as n (report, starts_at)
where m.report = n.report and m.starts_at = n.starts_at
