-- Schedules with due times that do not have their one outcome. Carried by schedule_proofs_wrong.
select schedule, wrong_from, wrong_until, unexplained, doubled, details
from horarium.schedule_proofs where wrong_from is not null order by schedule limit $1
