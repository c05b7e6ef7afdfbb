-- A page of a period's rows, in their order; the primary key carries it. Whoever calls puts the
-- expressions of the columns in. $1 report, $2 start, $3 the position before it or null, $4 limit,
-- $5 offset.
select r.position as horarium_place, /* columns */
from horarium.report_rows r
where r.report = $1 and r.starts_at = $2 and r.position > coalesce($3::bigint, -1)
order by r.position
limit $4 offset $5
