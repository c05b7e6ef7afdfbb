-- What was built of a report between two days, either of them null for no bound: how many periods,
-- their rows, how fresh they are, and a version that every build that changes one of them changes.
-- report_periods_day carries it; a year has 365 rows. $1 report, $2 first, $3 last day.
select
    count(*) as periods,
    min(day) as first,
    max(day) as last,
    coalesce(sum(row_count), 0)::bigint as rows,
    count(*) filter (where provisional) as provisional,
    max(checked_at) as checked_at,
    md5(coalesce(string_agg(starts_at::text || '.' || revision, ',' order by starts_at), ''))
        as version
from horarium.report_periods
where report = $1 and ($2::date is null or day >= $2) and ($3::date is null or day <= $3)
