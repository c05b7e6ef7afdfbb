-- Housekeeping, once an hour by any worker: the next months' partitions, workers long gone,
-- keys of unique jobs that have ended (those that are being used are left for the next time), rates
-- of which no start counts any more, and months of history of which nothing is kept ($2, $3: for how
-- long jobs are kept that succeeded, and others).
-- One worker at a time (an advisory lock of this database): two that make the same partition at
-- once would fail. Whoever finds another at it leaves it to that one: no row.
with alone as materialized (
    select pg_try_advisory_xact_lock(hashtext('horarium tidy')) as got,
        coalesce($1::timestamptz, now()) as now
),
gone as (
    delete from horarium.workers w
    using alone
    where alone.got and w.stopped_at < alone.now - interval '7 days'
      and not exists (select from horarium.jobs j where j.state = 'running' and j.worker = w.id)
),
ended as materialized (
    select u.key, u.enqueued_at from horarium.unique_jobs u
    where (select got from alone)
      and (u.until is null or u.until <= now())
      and not exists (select from horarium.jobs j where j.id = u.job)
),
unused as (
    -- Whoever has taken a key anew meanwhile has changed its row.
    select u.key from horarium.unique_jobs u
    join ended e on u.key = e.key and u.enqueued_at is not distinct from e.enqueued_at
    for update of u skip locked
),
forgotten as (
    delete from horarium.unique_jobs u using unused where u.key = unused.key
),
idle as (
    delete from horarium.rates where until <= now() and (select got from alone)
)
select
    horarium.drop_months(alone.now, $2::interval, $3::interval) as months,
    horarium.prepare_history(alone.now)
from alone where got
