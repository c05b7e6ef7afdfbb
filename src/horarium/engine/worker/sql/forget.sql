-- Deletes up to $4 ended jobs that are not kept any more ($2, $3: for how long jobs are kept that
-- succeeded, and others), and as many attempts that are older than any job; says how many of both.
-- One worker at a time, under the lock of tidy.sql: the month that one deletes from may be the one
-- that another drops. Whoever finds another at it leaves it to that one: 0.
-- Carried by the months' job_history_finished and job_history_unsuccessful, and by attempts_ended.
with alone as materialized (
    select pg_try_advisory_xact_lock(hashtext('horarium tidy')) as got,
        coalesce($1::timestamptz, now()) as now
),
old as (
    delete from horarium.attempts
    where ctid = any (array(
        select ctid from horarium.attempts
        where ended_at < (select now - greatest($2::interval, $3::interval) from alone where got)
        limit $4::integer
    ))
    returning 1
)
select
    case when got then horarium.forget_jobs(now, $2, $3, $4) + (select count(*) from old)
    else 0 end
from alone
