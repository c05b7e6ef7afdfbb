-- Removes the rows that are gone, altered or moved; the primary key carries it.
-- $1 report, $2 start.
delete from horarium.report_rows r using pg_temp.difference d
where r.report = $1 and r.starts_at = $2 and r.position = d.former_position
