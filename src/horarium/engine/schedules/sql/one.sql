-- One schedule, as the caller has locked it, and the time by which it is decided.
-- Carried by the primary key.
select id, version, definition, decided_until, $2::timestamptz as now
from horarium.schedules where id = $1
