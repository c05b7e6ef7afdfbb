-- The next active schedules in the order of ids. Carried by the primary key.
select id, definition from horarium.schedules
where id > $1 and state = 'active' order by id limit $2
