-- Deletes up to $4 ended jobs that are not kept any more ($2, $3: for how long jobs are kept that
-- succeeded, and others), and as many attempts that are older than any job; says how many of both.
-- Carried by the months' job_history_finished and job_history_unsuccessful, and by attempts_ended.
with clock as (
    select coalesce($1::timestamptz, now()) as now
),
old as (
    delete from horarium.attempts
    where ctid = any (array(
        select ctid from horarium.attempts
        where ended_at < (select now from clock) - greatest($2::interval, $3::interval)
        limit $4::integer
    ))
    returning 1
)
select horarium.forget_jobs(clock.now, $2, $3, $4) + (select count(*) from old) from clock
