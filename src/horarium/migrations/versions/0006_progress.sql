-- How far attempts have come; who watches the ledger; results that are forgotten before their job;
-- and when failures were last mailed.

create table horarium.progress (
    job text collate "C" not null primary key,
    started_at timestamptz not null,
    number integer not null check (number > 0),
    fraction double precision check (fraction >= 0 and fraction <= 1),
    note text,
    state text,
    meta jsonb,
    updated_at timestamptz not null,
    kept_from timestamptz not null
) with (fillfactor = 70);
comment on table horarium.progress is
    'what the newest attempt of a job last told of itself; a job that tells nothing has no row';
comment on column horarium.progress.started_at is
    'of the attempt that told it: progress of an earlier one is not shown, and overwrites nothing';
comment on column horarium.progress.number is 'how often the attempt had told by then';
comment on column horarium.progress.kept_from is
    'when the row was made; unlike updated_at it never changes, so that updates stay off the index';

-- Serves retention.
create index progress_kept on horarium.progress (kept_from);

create function horarium.progress_of(id text, attempt_started_at timestamptz) returns jsonb
language sql stable as $$
-- What the newest attempt of a job has told of itself; null where it told nothing.
-- Carried by the primary key.
select jsonb_build_object(
    'fraction', p.fraction, 'note', p.note, 'state', p.state, 'meta', p.meta,
    'number', p.number, 'updated_at', p.updated_at
)
from horarium.progress p
where p.job = id collate "C" and p.started_at = attempt_started_at
$$;

create table horarium.watches (
    watcher text collate "C" not null primary key,
    wanted jsonb not null,
    until timestamptz not null
);
comment on table horarium.watches is
    'processes that want to hear of jobs: workers tell events only while somebody is here';

create table horarium.expiring_results (
    job text collate "C" not null primary key,
    recorded_at timestamptz not null,
    expires_at timestamptz not null
);
-- Serves forgetting: what has expired.
create index expiring_results_due on horarium.expiring_results (expires_at);
comment on table horarium.expiring_results is
    'ended jobs whose result is to be forgotten while their record stays; others need no row';
comment on column horarium.expiring_results.recorded_at is
    'the job had ended by then: a later end under the same id is not meant';

create table horarium.failure_mails (
    task text not null primary key,
    told_until timestamptz not null
);
comment on column horarium.failure_mails.told_until is
    'failures of the task that were recorded up to this instant have been mailed';
