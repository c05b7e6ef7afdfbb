-- Notes that the file of an export is there; the primary key carries it. $1 id, $2 rows, $3 bytes,
-- $4 for how long it is kept.
update horarium.exports
set ready_at = now(), expires_at = now() + $4::interval, row_count = $2, size = $3
where id = $1
