-- How many jobs match, by state; of each of the two tables $5 at most, where that is given.
-- Promises: as `list`.
-- Reads all that match, by job_history_finished where a span is given: a figure for people.
select state, count(*) as count from (
    (select state from horarium.jobs
     where ($1::text is null or state = $1)
       and due_at >= coalesce($2::timestamptz, '-infinity')
       and due_at < coalesce($3::timestamptz, 'infinity')
       and horarium.matches(task, queue, owner, schedule, arguments, $4::text::jsonb)
       and ($4::text::jsonb -> 'without' ? task) is not true
       and ($4::text::jsonb ->> 'batch' is null or batch = $4::text::jsonb ->> 'batch')
     limit $5::bigint)
    union all
    (select state from horarium.job_history
     where ($1 is null or state = $1) and ($1 is null or $1 in ('succeeded', 'failed', 'cancelled'))
       and finished_at >= coalesce($2, '-infinity') and finished_at < coalesce($3, 'infinity')
       and horarium.matches(task, queue, owner, schedule, arguments, $4::text::jsonb)
       and ($4::text::jsonb -> 'without' ? task) is not true
       and ($4::text::jsonb ->> 'batch' is null or batch = $4::text::jsonb ->> 'batch')
     limit $5)
) matching
group by state
