-- A page of the rows that a period had at a revision: its current ones (put in by whoever calls, as
-- the columns are) but for those of keys that were changed since, and of each such key what stood
-- there before the first of its changes. Reads the period whole, and what changed since by the
-- primary key. $1 report, $2 start, $3 day, $4 revision, $5 limit, $6 offset.
with present as (
    /* present */
),
undone as materialized (
    select distinct on (key) key, position, before
    from horarium.report_changes
    where report = $1 and starts_at = $2 and revision > $4::integer
    order by key, revision, before is null
),
found as (
    select position, cells, 1 as late from present
    where not exists (select from undone where undone.key = present.key)
    union all
    select position, before, 0 from undone where before is not null
)
select /* columns */
from found
order by found.position, found.late * sign(found.position), found.cells[1] collate "C"
limit $5 offset $6
