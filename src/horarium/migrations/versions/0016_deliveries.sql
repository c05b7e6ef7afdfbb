-- Exports that are made in the background, and deliveries of final revisions.

create table horarium.exports (
    id text collate "C" primary key,
    report text not null,
    format text not null,
    style jsonb not null,
    first_day date not null,
    last_day date not null,
    rows_expected bigint not null,
    job text collate "C" not null,
    created_at timestamptz not null default now(),
    -- Forbids a second export of the same rows in the same form while the first may be had; null
    -- once it has failed or expired, so that the next one is made.
    reuse text unique,
    ready_at timestamptz,
    expires_at timestamptz,
    row_count bigint,
    size bigint,
    host text,
    check ((ready_at is null) = (size is null)),
    check ((ready_at is null) = (expires_at is null))
);
comment on column horarium.exports.host is 'the machine whose home folder has the file';
-- Serves tidying up: what has expired, and what never came to be ready.
create index exports_expiry on horarium.exports (coalesce(expires_at, created_at));

create table horarium.deliveries (
    id text collate "C" primary key,
    report text not null,
    starts_at timestamptz not null,
    day date not null,
    revision integer not null,
    route text not null,
    channel text not null check (channel in ('mail', 'webhook')),
    recipient text not null,
    format text not null,
    reason text not null,
    job text collate "C" not null,
    created_at timestamptz not null default now(),
    tried_at timestamptz,
    attempts integer not null default 0,
    error text,
    delivered_at timestamptz,
    superseded_at timestamptz,
    size bigint,
    -- Forbids that a recipient of a route is sent a revision twice, whoever builds how often.
    constraint deliveries_once unique (report, starts_at, revision, route, recipient)
);
comment on table horarium.deliveries is 'each revision that is or was sent to somebody';
comment on column horarium.deliveries.job is 'the job that sends it, or sent it last';
comment on column horarium.deliveries.recipient is 'a mail address, or the name of a webhook';
-- Serves the list, newest first.
create index deliveries_newest on horarium.deliveries (created_at desc, id desc);
