-- Forgets promises that are open: their periods are others in another zone, and are judged anew.
-- report_promises_open carries it. $1 reports.
delete from horarium.report_promises where report = any ($1) and ready_at is null
