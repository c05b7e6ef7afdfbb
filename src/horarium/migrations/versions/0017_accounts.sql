-- Accounts of the API with their tokens, and the journal of ended jobs.

create table horarium.accounts (
    name text collate "C" primary key check (length(name) between 1 and 255),
    role text not null check (role in ('reader', 'operator', 'admin')),
    zone text,
    created_at timestamptz not null default now()
);
comment on table horarium.accounts is
    'who uses the API; whoever buys in the shop is in shop.users, which is something else';
comment on column horarium.accounts.zone is 'where their days begin; null: the shop''s';

create table horarium.tokens (
    id text collate "C" primary key check (id ~ '^[a-z2-7]{8}$'),
    account text collate "C" not null references horarium.accounts on delete cascade,
    name text check (length(name) between 1 and 200),
    -- Forbids that a token is kept in the clear, and serves the check of each request.
    hash bytea not null unique check (length(hash) = 32),
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz
);
comment on column horarium.tokens.id is 'the part of the token that may be shown';
comment on column horarium.tokens.hash is 'SHA-256 of the whole token; the token itself is not kept';
-- Serves the list of an account's tokens, and its removal.
create index tokens_account on horarium.tokens (account, created_at);

-- Serves the journal: what ended of an owner within a day. Jobs without an owner are not in it.
create index job_history_owner on horarium.job_history (owner, finished_at)
    where owner is not null;

create table horarium.journal_owners (
    owner text collate "C" primary key check (length(owner) <= 255),
    written_until timestamptz not null,
    due_at timestamptz not null,
    last_end_at timestamptz
);
comment on table horarium.journal_owners is
    'whose days are written; the owner '''' stands for jobs that have none';
comment on column horarium.journal_owners.written_until is
    'up to here each end of a job has its day; the next day begins here, whatever the zone is by then';
comment on column horarium.journal_owners.due_at is
    'when to look at this owner next: the end of the day that is under way, in the zone of then';
-- Serves the turn: whose day is over.
create index journal_owners_due on horarium.journal_owners (due_at);

create table horarium.journal_days (
    owner text collate "C" not null,
    day date not null,
    zone text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    jobs bigint not null check (jobs >= 0),
    final boolean not null,
    written_at timestamptz not null,
    primary key (owner, day),
    constraint a_day_has_some_length check (ends_at >= starts_at)
);
comment on table horarium.journal_days is
    'which spans were written, so that writing one again covers the same, whatever the zone is now';
-- Serves the days of everybody, and retention.
create index journal_days_day on horarium.journal_days (day, owner);

create table horarium.journal_state (
    singleton boolean primary key default true check (singleton),
    looked_until timestamptz not null
);
comment on column horarium.journal_state.looked_until is
    'owners of jobs that ended before this are in journal_owners';

create view horarium.ended_jobs as
-- An ended job as the journal tells it, with the runs before the one that ended it.
select
    h.owner, h.id, h.task, h.queue, h.state, h.due_at, h.enqueued_at, h.started_at, h.finished_at,
    h.attempt, h.worker, h.schedule, h.fired_for, h.batch, h.arguments, h.payload, h.result,
    h.error,
    (
        select jsonb_agg(
            jsonb_build_object(
                'attempt', a.attempt, 'worker', a.worker, 'started_at', a.started_at,
                'ended_at', a.ended_at, 'outcome', a.outcome, 'error', a.error
            ) order by a.ended_at, a.attempt
        )
        from horarium.attempts a where a.job = h.id
    ) as attempts
from horarium.job_history h;
