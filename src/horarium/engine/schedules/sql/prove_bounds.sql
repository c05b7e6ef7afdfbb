-- Where a span of a schedule ($1, after $2, up to $3) has more than $4 firings: the due time of the
-- one after those. Carried by the primary key.
select span.schedule, bound.due_at as until
from unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) as span (schedule, start, until)
cross join lateral (
    select f.due_at from horarium.firings f
    where f.schedule = span.schedule and f.due_at > span.start and f.due_at < span.until
    order by f.due_at offset $4 limit 1
) bound
