-- Makes known whose days are to be written: accounts, and owners of jobs that ended since the last
-- look; where $2 says so, also nobody ('') for jobs that have no owner. Those that are known learn
-- when a job of theirs ended last.
-- Promises: nobody is left out because a transaction was open during the last look, for an hour.
-- Carried by job_history_owner; for nobody by job_history_finished.
with since as (
    select coalesce((select looked_until from horarium.journal_state), '-infinity')
        - interval '1 hour' as at
),
found as (
    select owner, min(finished_at) as first, max(finished_at) as newest
    from horarium.job_history, since
    where owner is not null and finished_at >= since.at
    group by owner
    union all
    select '', min(finished_at), max(finished_at)
    from horarium.job_history, since
    where $2::boolean and owner is null and finished_at >= since.at
    having count(*) > 0
    union all
    select name, created_at, null from horarium.accounts
),
looked as (
    insert into horarium.journal_state (looked_until)
    values (coalesce($1::timestamptz, clock_timestamp()))
    on conflict (singleton) do update set looked_until = excluded.looked_until
)
insert into horarium.journal_owners as known (owner, written_until, due_at, last_end_at)
select owner, min(first), 'epoch', max(newest) from found group by owner
on conflict (owner) do update
    set last_end_at = greatest(known.last_end_at, excluded.last_end_at)
    where known.last_end_at is distinct from greatest(known.last_end_at, excluded.last_end_at)
