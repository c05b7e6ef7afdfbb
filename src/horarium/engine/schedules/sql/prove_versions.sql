-- The versions of schedules ($1) that answer for their spans: after $2, up to $3.
-- Carried by the primary keys.
select v.schedule, s.task, v.definition, v.effective_from, v.effective_until
from unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) as span (schedule, start, until)
join horarium.schedules s on s.id = span.schedule
cross join lateral (
    select * from horarium.schedule_versions v
    where v.schedule = span.schedule and v.effective_from < span.until
        and (v.effective_until is null or v.effective_until > span.start)
) v
order by v.schedule, v.version
