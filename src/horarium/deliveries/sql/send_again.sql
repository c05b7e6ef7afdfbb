-- Lets a delivery that arrived be sent once more; the primary key carries it. $1 id.
update horarium.deliveries set delivered_at = null, superseded_at = null where id = $1
