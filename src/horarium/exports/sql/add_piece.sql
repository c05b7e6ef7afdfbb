-- Adds a piece of an export's file. $1 id, $2 its number, $3 bytes.
insert into horarium.export_pieces (export, number, bytes) values ($1, $2, $3)
