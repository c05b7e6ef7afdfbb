-- Firings of one schedule before an instant, newest due time first.
-- Carried by the primary key, read backwards.
select schedule, due_at, version, outcome, reason, count, due_until, covers_from, covers_until,
    job, decided_at, decided_by
from horarium.firings
where schedule = $1 and ($2::timestamptz is null or due_at < $2)
    and ($3::timestamptz is null or due_at >= $3) and ($4::text is null or outcome = $4)
order by due_at desc
limit $5
