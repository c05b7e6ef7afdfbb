-- Reports of any definition: their rows by period, what each revision changed, builds that failed.

alter table horarium.report_periods add column columns jsonb;
comment on column horarium.report_periods.columns is
    'names and types of the cells of its rows; null: the order report, whose rows are shop.reports';

alter table horarium.report_revisions add column columns jsonb;
alter table horarium.report_revisions add column changes_kept boolean not null default false;
comment on column horarium.report_revisions.changes_kept is
    'report_changes has what it changed; false for those of before, and once that was forgotten';

-- Serves retention: whose changes are to be forgotten.
create index report_revisions_kept on horarium.report_revisions (report, built_at)
    where changes_kept;

-- The rows of current revisions. A cell is PostgreSQL's text of its value (times in UTC), so that
-- one table holds the rows of every report exactly; the period says what the cells are. Positions
-- are the order of the report's query.
create table horarium.report_rows (
    report text not null,
    starts_at timestamptz not null,
    position bigint not null,
    cells text[] not null,
    -- Serves pages and streams of a period, in order.
    primary key (report, starts_at, position)
);

-- What each revision but a period's first changed. The rows of a former revision are the current
-- ones with what came later undone. No row is kept for a first revision: it added all of its rows.
create table horarium.report_changes (
    report text not null,
    starts_at timestamptz not null,
    revision integer not null,
    number bigint not null,
    key text[] not null,
    position bigint not null,
    before text[],
    after text[],
    -- Serves the changes of a revision, and those since it.
    primary key (report, starts_at, revision, number),
    check (before is not null or after is not null)
);
comment on column horarium.report_changes.position is
    'where the row stood before; of an added one where it stands';
comment on column horarium.report_changes.before is 'the cells before; null: the row was added';
comment on column horarium.report_changes.after is 'the cells since; null: the row was removed';

-- The last build of a period, where it failed; the next one that succeeds removes it.
create table horarium.report_failures (
    report text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    day date not null,
    failed_at timestamptz not null,
    problem text not null,
    reason text not null,
    job text collate "C",
    primary key (report, starts_at)
);
