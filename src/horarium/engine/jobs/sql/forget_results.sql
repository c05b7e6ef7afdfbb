-- Forgets up to $2 results that have expired; the records of their jobs stay. Says how many.
-- Promises: the result of a later end under the same id is left alone.
-- Carried by expiring_results_due and by job_history_id of each month.
with due as (
    delete from horarium.expiring_results
    where job = any (array(
        select job from horarium.expiring_results
        where expires_at <= coalesce($1::timestamptz, now())
        order by expires_at
        limit $2::integer
    ))
    returning job, recorded_at
),
forgotten as (
    update horarium.job_history h set result = null
    from due
    where h.id = due.job and h.finished_at <= due.recorded_at and h.state = 'succeeded'
)
select count(*) from due
