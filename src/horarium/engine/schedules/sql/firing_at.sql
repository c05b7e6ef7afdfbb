-- The firing of one due time, or the row of several that it is in.
-- Carried by firings_due (or the primary key) and firings_rows.
(select schedule, due_at, version, outcome, reason, count, due_until, covers_from, covers_until,
    job, decided_at, decided_by
from horarium.firings where schedule = $1 and due_at = $2::timestamptz)
union all
(select schedule, due_at, version, outcome, reason, count, due_until, covers_from, covers_until,
    job, decided_at, decided_by
from horarium.firings
where schedule = $1 and count > 1 and due_at < $2 and due_until >= $2
order by due_at desc limit 1)
limit 1
