-- A piece of an export's file, by the primary key. $1 id, $2 its number.
select bytes from horarium.export_pieces where export = $1 and number = $2
