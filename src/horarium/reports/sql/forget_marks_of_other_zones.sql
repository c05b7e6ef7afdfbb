-- Forgets the marks that were made in another zone than the shop's, of reports that count in it:
-- their spans have been marked in the new one. $1 the shop's zone, $2 reports.
delete from horarium.report_marks where report = any ($2) and zone <> $1
