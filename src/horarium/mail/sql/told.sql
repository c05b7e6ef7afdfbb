-- Failures of a task up to this instant have been mailed. Carried by the primary key.
update horarium.failure_mails set told_until = $2 where task = $1
