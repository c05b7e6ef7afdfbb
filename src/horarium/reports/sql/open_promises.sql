-- The periods of a report whose promise is still open, newest first, and the newest of all that
-- were judged. report_promises_open and the primary key carry it. $1 report, $2 how many.
(
    select starts_at, ends_at, state, since, ready_at
    from horarium.report_promises
    where report = $1 and ready_at is null
    order by starts_at desc
    limit $2
)
union
(
    select starts_at, ends_at, state, since, ready_at
    from horarium.report_promises
    where report = $1
    order by starts_at desc
    limit 1
)
order by starts_at
