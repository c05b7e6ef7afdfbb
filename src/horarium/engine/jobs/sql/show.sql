-- One job by its id, unfinished or the newest of that id in history.
-- JSON comes as text: a connection that was joined may read it in another way than ours do.
-- Carried by the primary key and by job_history_id of each month; its progress by that of progress.
-- Instants of an unfinished row by another hand are shown as list.sql shows them.
with bounds as (
    select timestamptz '0001-01-02 00:00+00' as first, timestamptz '9999-12-30 00:00+00' as last
)
(select id, task, queue, priority, state,
    greatest(first, least(due_at, last)) as due_at,
    greatest(first, least(enqueued_at, last)) as enqueued_at,
    case when started_at is not null then greatest(first, least(started_at, last)) end
        as started_at,
    null::timestamptz as finished_at, attempt, worker, owner, schedule,
    case when fired_for is not null then greatest(first, least(fired_for, last)) end as fired_for,
    arguments::text, labels::text, null::text as result, error::text, payload, batch,
    horarium.progress_of(id, started_at)::text as progress
 from horarium.jobs, bounds where id = $1)
union all
(select id, task, queue, priority, state, due_at, enqueued_at, started_at,
    finished_at, attempt, worker, owner, schedule, fired_for,
    arguments::text, labels::text, result::text, error::text, payload, batch,
    horarium.progress_of(id, started_at)::text
 from horarium.job_history where id = $1 order by finished_at desc limit 1)
limit 1
