-- Makes those known whose jobs ended within a span; where $3 says so, also nobody (''). By hand a day
-- is written of whoever it concerns, also of those who have been away since.
-- Carried by job_history_owner; for nobody by job_history_finished.
insert into horarium.journal_owners as known (owner, written_until, due_at, last_end_at)
select owner, min(finished_at), 'epoch'::timestamptz, max(finished_at)
from horarium.job_history
where owner is not null and finished_at >= $1 and finished_at < $2
group by owner
union all
select '', min(finished_at), 'epoch'::timestamptz, max(finished_at)
from horarium.job_history
where $3::boolean and owner is null and finished_at >= $1 and finished_at < $2
having count(*) > 0
on conflict (owner) do update
    set last_end_at = greatest(known.last_end_at, excluded.last_end_at)
    where known.last_end_at is distinct from greatest(known.last_end_at, excluded.last_end_at)
