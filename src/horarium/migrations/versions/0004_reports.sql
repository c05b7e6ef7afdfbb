-- What was reported: the rows of the order report, and for each report and period its one
-- current revision with its summary.

create table shop.reports (
    id bigint generated always as identity primary key,
    report_at date not null,
    order_id text collate "C" not null check (length(order_id) between 1 and 255),
    count_product integer not null check (count_product >= 0),
    total_amount numeric not null default 0,
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    by_hand boolean not null default false,
    created_at timestamptz not null default now(),
    -- Forbids a second row of an order on its day; serves the rows of a day.
    constraint reports_order_of_day unique (report_at, order_id)
);
comment on column shop.reports.by_hand is
    'added through the API; a build keeps it unless its query has the same order';

create table horarium.report_periods (
    report text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    day date not null,
    zone text not null,
    revision integer not null check (revision > 0),
    reason text not null,
    provisional boolean not null,
    built_at timestamptz not null,
    data_until timestamptz not null,
    checked_at timestamptz not null,
    row_count bigint not null,
    summary jsonb not null,
    job text collate "C",
    primary key (report, starts_at),
    check (starts_at < ends_at)
);
comment on column horarium.report_periods.day is 'the first local day of the period';
comment on column horarium.report_periods.checked_at is
    'the newest build, also one that found nothing changed and made no revision';

-- Serves the newest period, and a period by its day.
create index report_periods_day on horarium.report_periods (report, day desc);

create table horarium.report_revisions (
    report text not null,
    starts_at timestamptz not null,
    revision integer not null,
    reason text not null,
    built_at timestamptz not null,
    data_until timestamptz not null,
    row_count bigint not null,
    rows_added bigint not null,
    rows_removed bigint not null,
    rows_altered bigint not null,
    summary jsonb not null,
    job text collate "C",
    primary key (report, starts_at, revision)
);
comment on table horarium.report_revisions is 'each revision a period ever had, the current one too';
