-- The next schedules whose due times were decided since they were last proved, in the order of ids.
-- One that never was is passed over while nothing can have been decided of it: it has no firing, and
-- stands where it was put.
-- Carried by the primary keys, each gone through once in a round; versions are looked up only for
-- those that come back.
select s.id, s.decided_until, coalesce(p.proved_until, (
    select v.effective_from from horarium.schedule_versions v
    where v.schedule = s.id order by v.version limit 1
)) as proved_until
from horarium.schedules s
left join horarium.schedule_proofs p on p.schedule = s.id
where s.id > $1 and case
    when p.proved_until is not null then s.decided_until > p.proved_until
    else s.fired > 0 or s.state = 'ended' or s.decided_until > s.created_at + interval '1 s'
end
order by s.id
limit $2
