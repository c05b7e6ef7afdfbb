-- A page of what a revision changed; the primary key carries it. Whoever calls puts the expressions
-- of the columns in. $1 report, $2 start, $3 revision, $4 the number before it, $5 limit.
select c.number, c.before is not null as was, c.after is not null as is, /* columns */
from horarium.report_changes c
where c.report = $1 and c.starts_at = $2 and c.revision = $3 and c.number > $4
order by c.number
limit $5
