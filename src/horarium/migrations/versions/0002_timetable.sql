-- The timetable: schedules, each version they ever had, and one firing for each due time.

create table horarium.schedules (
    id text collate "C" not null primary key check (length(id) between 1 and 255),
    origin text not null check (origin in ('code', 'api', 'command line')),
    app text,
    task text not null,
    version integer not null default 1,
    definition jsonb not null,
    state text not null check (state in ('active', 'paused', 'ended', 'parked', 'retired')),
    note text,
    fired bigint not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    decided_until timestamptz not null,
    next_due_at timestamptz,
    next_fire_at timestamptz,
    constraint due_only_when_active check (next_fire_at is null or state = 'active'),
    constraint fires_when_due check ((next_due_at is null) = (next_fire_at is null))
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02);
comment on column horarium.schedules.app is
    'whose code declares it: only that application retires it when it vanishes from the code';
comment on column horarium.schedules.decided_until is
    'every due time up to and with this instant has its firing recorded';
comment on column horarium.schedules.next_fire_at is 'next_due_at and the jitter of that due time';

-- Serves the scheduler's step: what is due, and when the next one is.
create index schedules_next on horarium.schedules (next_fire_at) where next_fire_at is not null;

create table horarium.schedule_versions (
    schedule text collate "C" not null,
    version integer not null,
    definition jsonb not null,
    origin text not null,
    effective_from timestamptz not null,
    effective_until timestamptz,
    primary key (schedule, version)
);
comment on table horarium.schedule_versions is
    'the due times after effective_from, up to and with effective_until, are this version''s';

create table horarium.firings (
    schedule text collate "C" not null,
    due_at timestamptz not null,
    version integer not null,
    outcome text not null check (outcome in ('enqueued', 'buffered', 'skipped', 'missed')),
    reason text not null,
    count integer not null default 1 check (count > 0),
    due_until timestamptz,
    covers_from timestamptz,
    covers_until timestamptz,
    job text collate "C",
    decided_at timestamptz not null default now(),
    decided_by text not null,
    -- Forbids doubles: a due time of a schedule has one outcome, whoever decides it.
    primary key (schedule, due_at),
    constraint enqueued_has_a_job check ((outcome = 'enqueued') = (job is not null)),
    constraint a_row_of_many_ends_later check ((count > 1) = (due_until is not null))
);
comment on column horarium.firings.count is
    'more than one: a row of identical non-firings, from due_at to due_until';

-- Serves the release of what waits for an earlier job to end.
create index firings_buffered on horarium.firings (schedule, due_at) where outcome = 'buffered';
-- Serves a backfill: which rows of several due times does it reach into?
create index firings_rows on horarium.firings (schedule, due_at) where count > 1;
-- Serves the list of newest firings. With the schedule, so that a look-up by both that takes it
-- instead of the primary key reads one row, not the whole crowd of a midnight.
create index firings_due on horarium.firings (due_at desc, schedule);
