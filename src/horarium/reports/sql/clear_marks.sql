-- Takes away the marks that a build saw before it began; one that was renewed meanwhile has another
-- number, and stays. The primary key carries it. $1 report, $2 start, $3 end, $4 numbers.
delete from horarium.report_marks
where report = $1 and starts_at >= $2 and starts_at < $3 and mark = any ($4)
