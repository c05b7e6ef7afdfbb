-- The numbers of a period's marks, before it is built: what they stand for is committed, so that the
-- building statement that follows sees it. Null: nothing is marked. The primary key carries it.
-- $1 report, $2 start, $3 end.
select array_agg(mark) from horarium.report_marks
where report = $1 and starts_at >= $2 and starts_at < $3
