-- The firings of schedules ($1) in their spans (after $2, up to $3), with the rows of several that
-- reach into them.
-- Carried by the primary key and firings_rows.
select f.schedule, f.due_at, f.due_until, f.outcome, f.reason, f.count
from unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) as span (schedule, start, until)
cross join lateral (
    select * from horarium.firings
    where schedule = span.schedule and due_at > span.start and due_at <= span.until
    union all
    select * from horarium.firings
    where schedule = span.schedule and count > 1 and due_at <= span.start
        and due_until > span.start
) f
order by f.schedule, f.due_at
