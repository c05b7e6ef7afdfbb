-- The versions of schedules that answer for a span.
-- Carried by the primary key.
select v.schedule, s.task, v.definition, v.effective_from, v.effective_until
from horarium.schedule_versions v
join horarium.schedules s on s.id = v.schedule
where v.schedule = any ($1::text[]) and v.effective_from < $3::timestamptz
  and (v.effective_until is null or v.effective_until > $2::timestamptz)
order by v.schedule, v.version
