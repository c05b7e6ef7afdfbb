-- Tells the schedulers that a schedule has something to do.
select pg_notify($1, $2)
