-- The next schedules with due times that were unexplained or doubled, and the span that has them.
-- Carried by schedule_proofs_wrong.
select p.schedule as id, s.decided_until, p.wrong_from, p.wrong_until
from horarium.schedule_proofs p
join horarium.schedules s on s.id = p.schedule
where p.wrong_from is not null and p.schedule > $1
order by p.schedule
limit $2
