-- Finds the rows that are added, removed, altered or moved, and counts the first three. The join
-- is full, and so cannot fall into nested loops, whatever the statistics of a period just written
-- say. The expressions of the cells and keys are put in by whoever calls.
-- $1 report, $2 start.
with emptied as (
    delete from pg_temp.difference
),
former as (
    select /* former key */ as key, r.position, r.cells
    from horarium.report_rows r
    where r.report = $1::text and r.starts_at = $2::timestamptz
),
present as (
    select /* key */ as key, position, cells
    from (select /* position */ as position, /* cells */ as cells from pg_temp.rows) fresh
),
found as (
    insert into pg_temp.difference (key, former_position, before, position, after)
    select coalesce(former.key, present.key), former.position, former.cells, present.position, present.cells
    from former
    full join present on present.key = former.key
    where (former.cells, former.position) is distinct from (present.cells, present.position)
    returning before, after
)
select
    count(*) filter (where before is null) as added,
    count(*) filter (where after is null) as removed,
    count(*) filter (where before <> after) as altered
from found
