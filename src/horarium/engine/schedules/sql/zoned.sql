-- Locks the next active schedules in a zone other than UTC. Carried by the primary key.
select id, definition, decided_until, next_due_at from horarium.schedules
where id > $1 and state in ('active', 'ended') and definition #>> '{timetable,zone}' is not null
order by id limit $2
for update
