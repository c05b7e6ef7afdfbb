-- Freshness: which periods have changed since they were built, and which reports promise to be
-- ready when.

-- Serves the question whether a period has changed since it was built, also while nobody takes the
-- changes, and the table grows.
create index changed_days_ordered on shop.changed_days (ordered_at);

-- Rows come and go, a few at a time or thousands at once: what is dead is soon cleared away.
alter table shop.changed_days set (
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1
);

-- Which reports have to be looked at when orders change. Each application notes its own: whoever
-- takes changes marks the periods of all, also of reports that only another application knows.
create table horarium.watched_reports (
    report text not null primary key,
    app text,
    every text not null check (every in ('hour', 'day', 'week', 'month')),
    zone text
);
comment on column horarium.watched_reports.app is 'whose code declares it; null: built in';
comment on column horarium.watched_reports.zone is 'null: the shop''s';
insert into horarium.watched_reports (report, every) values ('orders', 'day');

-- A mark says that a period is not what its query would say now. It comes in the transaction that
-- takes the changes, and goes in the transaction of a build that began after it: so whatever dies,
-- a change is in shop.changed_days, or in a mark, or in a revision.
create sequence horarium.marks;
create table horarium.report_marks (
    report text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    zone text not null,
    mark bigint not null default nextval('horarium.marks'),
    cause text not null check (cause in ('orders', 'zone')),
    changed_at timestamptz not null,
    waiting_since timestamptz not null,
    last_changed_at timestamptz not null,
    enqueued_at timestamptz,
    -- One mark a period, however many changes; serves its build, and the freshness of answers.
    primary key (report, starts_at),
    check (starts_at < ends_at)
);
comment on column horarium.report_marks.mark is
    'no other state of any mark has this number: a build takes away only the mark that it saw';
comment on column horarium.report_marks.changed_at is 'the first change that no revision has';
comment on column horarium.report_marks.waiting_since is
    'the first change since a build was enqueued; enqueued_at is null until one is';

-- Since when a period is not what its query would say, and why; one row, with nulls where it is.
-- Marks are found by their span, for those of another zone have other starts.
create function horarium.report_staleness(text, timestamptz, timestamptz)
returns table (stale_since timestamptz, cause text) language sql stable as $$
    select min(s.changed_at), max(s.cause)
    from (
        select m.changed_at, m.cause
        from horarium.report_marks m
        where m.report = $1 and m.starts_at < $3 and m.starts_at > $2 - interval '33 days'
            and m.ends_at > $2
        union all
        (
            select c.changed_at, 'orders'
            from shop.changed_days c
            where c.ordered_at > $2 - interval '15 minutes' and c.ordered_at < $3
                and exists (select from horarium.watched_reports w where w.report = $1)
            order by c.ordered_at
            limit 1000
        )
    ) s
$$;

-- What became of the promise that a period is ready by its deadline, as it was judged last.
create table horarium.report_promises (
    report text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    day date not null,
    deadline timestamptz not null,
    state text not null check (state in ('on time', 'at risk', 'late', 'ready')),
    reason text not null,
    since timestamptz not null,
    ready_at timestamptz,
    primary key (report, starts_at),
    constraint ready_is_known check ((state = 'ready') = (ready_at is not null))
);
comment on column horarium.report_promises.since is 'when this state was seen first';
-- Serves the next look: promises that are still open.
create index report_promises_open on horarium.report_promises (report, starts_at)
    where ready_at is null;

-- Alerts: written together with the promise's state, told afterwards. The unique key forbids a
-- second one of a period and state, whoever judges it and however often a process starts again.
create table horarium.report_alerts (
    id bigint generated always as identity primary key,
    report text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    day date not null,
    deadline timestamptz not null,
    state text not null check (state in ('at risk', 'late', 'ready')),
    reason text not null,
    raised_at timestamptz not null,
    told_at timestamptz,
    mailed_at timestamptz,
    constraint one_alert_a_state unique (report, starts_at, state)
);
-- Each serves those who tell: what is still to be told, and to be mailed.
create index report_alerts_untold on horarium.report_alerts (id) where told_at is null;
create index report_alerts_unmailed on horarium.report_alerts (raised_at) where mailed_at is null;
