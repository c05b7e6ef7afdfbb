-- The next schedules whose due times were decided since they were last proved, in the order of ids.
-- Carried by the primary keys, each gone through once in a round.
select s.id, s.decided_until, proved.until as proved_until
from horarium.schedules s
left join horarium.schedule_proofs p on p.schedule = s.id
cross join lateral (
    select coalesce(p.proved_until, (
        select v.effective_from from horarium.schedule_versions v
        where v.schedule = s.id order by v.version limit 1
    )) as until
) proved
where s.id > $1 and s.decided_until > proved.until
order by s.id
limit $2
