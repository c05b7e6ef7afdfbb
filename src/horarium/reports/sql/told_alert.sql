-- Notes that an alert was told. The primary key carries it. $1 number.
update horarium.report_alerts set told_at = clock_timestamp() where id = $1
