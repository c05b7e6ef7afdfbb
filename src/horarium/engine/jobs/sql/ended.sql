-- The next of the ended jobs that a filter asks for, oldest first, after the one that ended at $2
-- under the id $5: what is to be run again.
-- Promises: as `list`; of an id that ended more than once only the newest, and none that is
-- unfinished by now. Carried by job_history_unsuccessful, job_history_finished and job_history_id.
with matching as (
    (select id, finished_at from horarium.job_history
     where state <> 'succeeded' and ($1::text is null or state = $1)
       and finished_at >= $2::timestamptz and finished_at < $3
       and (finished_at, id) > ($2, $5::text collate "C")
       and horarium.matches(task, queue, owner, schedule, arguments, $4::text::jsonb)
       and ($4::text::jsonb -> 'without' ? task) is not true
       and ($4::text::jsonb ->> 'batch' is null or batch = $4::text::jsonb ->> 'batch')
     order by finished_at, id limit $6)
    union all
    (select id, finished_at from horarium.job_history
     where state = 'succeeded' and ($1 is null or $1 = 'succeeded')
       and finished_at >= $2 and finished_at < $3
       and (finished_at, id) > ($2, $5 collate "C")
       and horarium.matches(task, queue, owner, schedule, arguments, $4::text::jsonb)
       and ($4::text::jsonb -> 'without' ? task) is not true
       and ($4::text::jsonb ->> 'batch' is null or batch = $4::text::jsonb ->> 'batch')
     order by finished_at, id limit $6)
)
select id, finished_at,
    not exists (select from horarium.jobs j where j.id = matching.id)
    and not exists (
        select from horarium.job_history newer
        where newer.id = matching.id and newer.finished_at > matching.finished_at
    ) as can_run_again
from matching
order by finished_at, id
limit $6
