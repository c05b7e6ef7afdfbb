-- Notes that a try failed, and why; the primary key carries it. $1 id, $2 error.
update horarium.deliveries
set attempts = attempts + 1, tried_at = now(), error = $2
where id = $1
