-- Notes that alerts were mailed. The primary key carries it. $1 numbers.
update horarium.report_alerts set mailed_at = clock_timestamp() where id = any ($1)
