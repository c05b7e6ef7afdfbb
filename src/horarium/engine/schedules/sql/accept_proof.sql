-- What is unexplained or doubled of a schedule is known, and no alarm any more.
-- Carried by the primary key.
update horarium.schedule_proofs
set wrong_from = null, wrong_until = null, unexplained = 0, doubled = 0, details = '{}'
where schedule = $1 and wrong_from is not null
returning schedule
