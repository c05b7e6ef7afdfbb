-- What a backfill has done so far. Carried by the primary key.
select state, note, due, enqueued, kept from horarium.backfills where id = $1
