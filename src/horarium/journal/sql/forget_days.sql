-- Forgets the days before one that are not kept any more. Carried by journal_days_day.
delete from horarium.journal_days where day < $1
