-- Marks periods, in the order of their keys, so that two who do never wait for each other in a
-- circle. A period that is marked already gets a new number and waits anew where its build was
-- enqueued: that one may have begun. The primary key carries it.
-- Columns of equal length: $1 reports, $2 starts, $3 ends, $4 zones, $5 first and $6 last changes;
-- $7 cause.
insert into horarium.report_marks as known (
    report, starts_at, ends_at, zone, cause, changed_at, waiting_since, last_changed_at
)
select n.report, n.starts_at, n.ends_at, n.zone, $7, n.first_at, n.first_at, n.last_at
from unnest(
    $1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::timestamptz[],
    $6::timestamptz[]
) as n (report, starts_at, ends_at, zone, first_at, last_at)
order by n.report, n.starts_at
on conflict (report, starts_at) do update set
    mark = nextval('horarium.marks'),
    ends_at = excluded.ends_at,
    zone = excluded.zone,
    cause = greatest(known.cause, excluded.cause),
    changed_at = least(known.changed_at, excluded.changed_at),
    waiting_since = case
        when known.enqueued_at is null then least(known.waiting_since, excluded.waiting_since)
        else excluded.waiting_since
    end,
    last_changed_at = greatest(known.last_changed_at, excluded.last_changed_at),
    enqueued_at = null
