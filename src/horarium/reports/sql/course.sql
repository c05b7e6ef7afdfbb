-- What is known of the build of a period that has ended: when it was built for good, the state of
-- its schedule, and the job that a due time at or after its end has made: one that is unfinished
-- before others. No row: the report has no schedule, or only since the period ended.
-- Carried by the primary keys, jobs_of_schedule and job_history_fired.
-- $1 report, $2 start, $3 end, $4 end of the period after.
select
    s.state as schedule, j.state as job, j.id as job_id, j.queue, j.started_at, j.attempt,
    (
        select least(
            p.checked_at,
            (
                select min(r.built_at) from horarium.report_revisions r
                where r.report = $1 and r.starts_at = $2 and r.built_at >= $3
            ),
            case when j.state = 'succeeded' then j.finished_at end
        )
        from horarium.report_periods p
        where p.report = $1 and p.starts_at = $2 and not p.provisional
    ) as ready_at
from horarium.schedules s
left join lateral (
    select * from (
        (
            select id, queue, state, attempt, fired_for, null::timestamptz as finished_at,
                case when state = 'running' then started_at end as started_at, 1 as unfinished
            from horarium.jobs
            where schedule = $1 and fired_for >= $3 and fired_for < $4
        )
        union all
        (
            select id, queue, state, attempt, fired_for, finished_at, null, 0
            from horarium.job_history
            where schedule = $1 and fired_for >= $3 and fired_for < $4
        )
    ) jobs
    order by unfinished desc, fired_for
    limit 1
) j on true
where s.id = $1 and s.created_at <= $3
