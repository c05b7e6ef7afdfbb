-- The firings of schedules in a span, with the rows of several that reach into it.
-- Carried by the primary key and firings_rows.
select schedule, due_at, due_until, outcome, reason, count
from horarium.firings
where schedule = any ($1::text[]) and due_at > $2::timestamptz and due_at <= $3::timestamptz
union all
select schedule, due_at, due_until, outcome, reason, count
from horarium.firings
where schedule = any ($1) and count > 1 and due_at <= $2 and due_until > $2
order by schedule, due_at
