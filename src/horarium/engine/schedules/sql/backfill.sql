-- Records the firings of a backfill, each with its job. A due time that was skipped or missed, or
-- that is run once more, gets its new job.
-- Carried by the primary key.
insert into horarium.firings (
    schedule, due_at, version, outcome, reason, covers_from, covers_until, job, decided_at, decided_by
)
select $1, f.due_at, $2, 'enqueued', 'backfill', f.covers_from, f.covers_until, f.job,
    coalesce($7::timestamptz, clock_timestamp()), $8
from unnest($3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::text[])
    as f (due_at, covers_from, covers_until, job)
on conflict (schedule, due_at) do update set
    outcome = 'enqueued', reason = 'backfill', job = excluded.job, version = excluded.version,
    covers_from = excluded.covers_from, covers_until = excluded.covers_until,
    decided_at = excluded.decided_at, decided_by = excluded.decided_by
