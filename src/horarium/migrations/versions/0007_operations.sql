-- Operations of the timetable: backfills that go on by themselves, what was done to schedules by
-- hand, the standing proof, and the zone data that due times were computed with.

create table horarium.backfills (
    id text collate "C" not null primary key,
    schedule text collate "C" not null,
    version integer not null,
    span_from timestamptz not null,
    span_until timestamptz not null,
    newest_first boolean not null,
    concurrency integer check (concurrency > 0),
    redo boolean not null,
    priority smallint not null,
    state text not null check (state in ('filling', 'filled', 'cancelled', 'failed')),
    note text,
    origin text not null check (origin in ('code', 'api', 'command line')),
    due bigint not null check (due >= 0),
    enqueued bigint not null default 0,
    kept bigint not null default 0,
    reached timestamptz,
    created_at timestamptz not null,
    ended_at timestamptz,
    constraint a_span_has_length check (span_from < span_until),
    constraint ended_unless_filling check ((ended_at is null) = (state = 'filling'))
);
comment on table horarium.backfills is
    'jobs for the due times of a span: after span_from, up to and with span_until';
comment on column horarium.backfills.concurrency is 'unfinished jobs at once at most; null: any';
comment on column horarium.backfills.reached is 'the last due time that was gone through, in order';

-- Serves the schedulers: which backfills have due times left to go through?
create index backfills_filling on horarium.backfills (schedule) where state = 'filling';
-- Serves the list of a schedule's backfills, newest first.
create index backfills_schedule on horarium.backfills (schedule, created_at desc);

create table horarium.backfill_jobs (
    backfill text collate "C" not null references horarium.backfills on delete cascade,
    due_at timestamptz not null,
    job text collate "C" not null,
    -- Forbids a second job for a due time in one backfill, and serves its progress.
    primary key (backfill, due_at)
);

create table horarium.schedule_acts (
    id bigint generated always as identity primary key,
    schedule text collate "C" not null,
    act text not null check (act in ('pause', 'resume', 'trigger', 'retire', 'accept')),
    note text,
    origin text not null check (origin in ('code', 'api', 'command line')),
    job text,
    at timestamptz not null
);
comment on table horarium.schedule_acts is 'what was done to schedules by hand, and why';
-- Serves the list of what was done to a schedule, newest first.
create index schedule_acts_schedule on horarium.schedule_acts (schedule, id desc);

create table horarium.schedule_proofs (
    schedule text collate "C" not null primary key,
    proved_until timestamptz not null,
    wrong_from timestamptz,
    wrong_until timestamptz,
    unexplained bigint not null default 0,
    doubled bigint not null default 0,
    details text[] not null default '{}',
    constraint wrong_has_a_span check (
        (unexplained > 0 or doubled > 0) = (wrong_from is not null)
        and (wrong_from is null) = (wrong_until is null)
    )
) with (fillfactor = 85);
comment on column horarium.schedule_proofs.proved_until is
    'every due time up to and with this instant was proved when it had been decided';
comment on column horarium.schedule_proofs.wrong_from is
    'due times after it, up to wrong_until, do not have their one outcome: they are proved again';

-- Serves the alarm: which schedules have due times without their one outcome?
create index schedule_proofs_wrong on horarium.schedule_proofs (schedule)
    where wrong_from is not null;

create table horarium.timetable (
    one boolean not null primary key default true check (one),
    round_at timestamptz,
    proved_at timestamptz,
    firings_from timestamptz,
    zone_data text,
    zone_data_from timestamptz,
    zone_data_reached text
);
comment on table horarium.timetable is 'what all schedulers know of the timetable as a whole: one row, or none yet';
comment on column horarium.timetable.round_at is 'when a scheduler last began its hourly round';
comment on column horarium.timetable.firings_from is 'firings before this instant are not kept';
comment on column horarium.timetable.zone_data is 'the version of the zone data in use';
comment on column horarium.timetable.zone_data_from is
    'since when: due times before were computed with former zone data; null: always';
comment on column horarium.timetable.zone_data_reached is
    'up to which schedule the next due times were computed anew; null: of all';

-- Serves the proof: which jobs did a due time have? Holds only jobs that a due time made.
create index job_history_fired on horarium.job_history (schedule, fired_for)
    where fired_for is not null;
