-- Removes what another attempt left of an export's file, by the primary key. $1 id.
delete from horarium.export_pieces where export = $1
