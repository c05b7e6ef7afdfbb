-- Locks the schedules that are due, the longest due first; other schedulers pass them by.
-- Promises: whoever gets a row decides its due times, in this transaction, or nobody has.
-- Carried by schedules_next, in its order: only what is handed out is read.
with clock as materialized (select coalesce($1::timestamptz, clock_timestamp()) as now)
select id, version, definition, decided_until, (select now from clock) as now
from horarium.schedules
where next_fire_at <= (select now from clock)
order by next_fire_at
limit $2
for update skip locked
