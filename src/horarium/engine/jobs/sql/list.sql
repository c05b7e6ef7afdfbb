-- A page of jobs: unfinished ones by their due time, newest first, then history by its end.
-- Promises: those in state $1, whose end (due time, while unfinished) is in the span from $2 up to
-- $3, and that `horarium.matches` the filter $4.
-- JSON comes as text, as in show.
-- Carried by job_history_finished and job_history_unsuccessful, and by job_history_batch for those of
-- a batch; the unfinished ones are few.
-- Instants of unfinished rows by another hand are shown as the nearest that can be read, as
-- set_aside keeps them (greatest and least pass over a null, so that case keeps one).
with bounds as (
    select timestamptz '0001-01-02 00:00+00' as first, timestamptz '9999-12-30 00:00+00' as last
),
matching as (
    (select id, task, queue, priority, state,
        greatest(first, least(due_at, last)) as due_at,
        greatest(first, least(enqueued_at, last)) as enqueued_at,
        case when started_at is not null then greatest(first, least(started_at, last)) end
            as started_at,
        null::timestamptz as finished_at, attempt, worker, owner, schedule,
        case when fired_for is not null then greatest(first, least(fired_for, last)) end
            as fired_for,
        arguments::text, labels::text, null::text as result, error::text, payload, batch
     from horarium.jobs j, bounds
     where ($1::text is null or state = $1)
       and due_at >= coalesce($2::timestamptz, '-infinity')
       and due_at < coalesce($3::timestamptz, 'infinity')
       and horarium.matches(task, queue, owner, schedule, arguments, $4::text::jsonb)
       and ($4::text::jsonb -> 'without' ? task) is not true
       and ($4::text::jsonb ->> 'batch' is null or batch = $4::text::jsonb ->> 'batch')
     order by j.due_at desc limit $5::bigint + $6::bigint)
    union all
    (select id, task, queue, priority, state, due_at, enqueued_at, started_at,
        finished_at, attempt, worker, owner, schedule, fired_for,
        arguments::text, labels::text, result::text, error::text, payload, batch
     from horarium.job_history
     where state <> 'succeeded' and ($1 is null or state = $1)
       and ($1 is null or $1 in ('failed', 'cancelled'))
       and finished_at >= coalesce($2, '-infinity') and finished_at < coalesce($3, 'infinity')
       and horarium.matches(task, queue, owner, schedule, arguments, $4::text::jsonb)
       and ($4::text::jsonb -> 'without' ? task) is not true
       and ($4::text::jsonb ->> 'batch' is null or batch = $4::text::jsonb ->> 'batch')
     order by finished_at desc limit $5 + $6)
    union all
    (select id, task, queue, priority, state, due_at, enqueued_at, started_at,
        finished_at, attempt, worker, owner, schedule, fired_for,
        arguments::text, labels::text, result::text, error::text, payload, batch
     from horarium.job_history
     where state = 'succeeded' and ($1 is null or $1 = 'succeeded')
       and finished_at >= coalesce($2, '-infinity') and finished_at < coalesce($3, 'infinity')
       and horarium.matches(task, queue, owner, schedule, arguments, $4::text::jsonb)
       and ($4::text::jsonb -> 'without' ? task) is not true
       and ($4::text::jsonb ->> 'batch' is null or batch = $4::text::jsonb ->> 'batch')
     order by finished_at desc limit $5 + $6)
)
select matching.*, horarium.progress_of(id, started_at)::text as progress from matching
order by finished_at desc nulls first, due_at desc, id
limit $5 offset $6
