-- Notes that a delivery arrived; the primary key carries it. $1 id, $2 bytes.
update horarium.deliveries
set delivered_at = now(), tried_at = now(), attempts = attempts + 1, size = $2, error = null
where id = $1
