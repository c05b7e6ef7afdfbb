-- When the decided due times were last proved, and how many are wrong, in how many schedules.
-- Carried by schedule_proofs_wrong.
select (select proved_at from horarium.timetable) as proved_at,
    count(*) as schedules, coalesce(sum(unexplained), 0)::bigint as unexplained,
    coalesce(sum(doubled), 0)::bigint as doubled
from horarium.schedule_proofs where wrong_from is not null
