-- A page of schedules in the order of their ids, or one of them.
-- Carried by the primary key.
select id, decided_until from horarium.schedules
where ($1::text is null or id = $1) and id > $2 order by id limit $3
