-- Keeps what a revision changed, in the order of the rows; rows that only moved were not changed.
-- $1 report, $2 start, $3 revision.
insert into horarium.report_changes (
    report, starts_at, revision, number, key, position, before, after
)
select
    $1, $2, $3, row_number() over (order by coalesce(former_position, position), before is null),
    key, coalesce(former_position, position), before, after
from pg_temp.difference
where before is distinct from after
