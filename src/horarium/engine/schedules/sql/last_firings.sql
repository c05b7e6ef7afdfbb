-- The newest firing of each of these schedules. Carried by the primary key, one probe for each.
select f.schedule, f.due_at, f.version, f.outcome, f.reason, f.count, f.due_until, f.covers_from,
    f.covers_until, f.job, f.decided_at, f.decided_by
from unnest($1::text[]) as of (id)
cross join lateral (
    select * from horarium.firings where schedule = of.id order by due_at desc limit 1
) f
