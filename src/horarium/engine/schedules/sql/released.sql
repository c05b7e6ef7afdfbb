-- A waiting firing has its job now.
-- Carried by the primary key.
update horarium.firings f
set outcome = 'enqueued', reason = 'due, after an earlier job had ended', job = r.job,
    decided_at = coalesce($4::timestamptz, clock_timestamp()), decided_by = $5
from unnest($1::text[], $2::timestamptz[], $3::text[]) as r (schedule, due_at, job)
where f.schedule = r.schedule and f.due_at = r.due_at and f.outcome = 'buffered'
