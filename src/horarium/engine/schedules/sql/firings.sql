-- Firings, newest due time first; of one schedule or of all.
-- Carried by firings_due, or by the primary key.
select schedule, due_at, version, outcome, reason, count, due_until, covers_from, covers_until,
    job, decided_at, decided_by
from horarium.firings
where $1::text is null or schedule = $1
order by due_at desc, schedule
limit $2 offset $3
