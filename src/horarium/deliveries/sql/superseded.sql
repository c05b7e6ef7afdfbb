-- Notes that a newer revision, which has deliveries of its own, took the place of this one before it
-- was sent; the primary key carries it. $1 id.
update horarium.deliveries set superseded_at = now() where id = $1
