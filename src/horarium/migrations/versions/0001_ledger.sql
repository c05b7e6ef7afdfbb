-- The ledger: jobs that have not finished (hot), jobs that have (history, partitioned by the
-- month they finished in), attempts that did not succeed, and the workers that hold leases.

create table horarium.workers (
    id bigint generated always as identity primary key,
    name text not null,
    host text not null,
    pid integer not null,
    queues text[] not null,
    slots integer not null check (slots > 0),
    started_at timestamptz not null,
    lease_until timestamptz not null,
    stopped_at timestamptz
);
comment on column horarium.workers.lease_until is
    'renewed by one heartbeat; once it has passed, any worker may take this one''s jobs back';

-- Serves rescue: leases that have lapsed.
create index workers_lease on horarium.workers (lease_until) where stopped_at is null;

create table horarium.jobs (
    id text collate "C" not null primary key check (length(id) between 1 and 255),
    task text not null,
    queue text not null default 'default',
    priority smallint not null default 0,
    state text not null check (state in ('scheduled', 'queued', 'running', 'retrying', 'waiting')),
    due_at timestamptz not null,
    enqueued_at timestamptz not null default now(),
    expires_at timestamptz,
    attempt integer not null default 0 check (attempt >= 0),
    worker bigint,
    started_at timestamptz,
    owner text,
    schedule text collate "C",
    fired_for timestamptz,
    arguments jsonb,
    payload bytea,
    labels jsonb,
    error jsonb,
    limits jsonb,
    cancelling boolean not null default false,
    awaited boolean not null default false,
    -- A job's arguments are readable JSON, or bytes of the user's own serializer; never both.
    constraint one_kind_of_arguments check (num_nonnulls(arguments, payload) = 1),
    -- Only a running job belongs to a worker, and each running job does.
    constraint running_has_a_worker check ((state = 'running') = (worker is not null)),
    constraint running_has_begun check (state <> 'running' or (attempt > 0 and started_at is not null))
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1);
comment on column horarium.jobs.fired_for is 'the due time of the schedule''s firing that made this job';
comment on column horarium.jobs.limits is
    'null for most: what it is counted under, and how many may run; a job that has them waits its turn';
comment on column horarium.jobs.awaited is 'someone waits for the outcome: finishing notifies';

-- Serves claim: the next queued job of a queue, by priority, then by due time.
create index jobs_queued on horarium.jobs (queue, priority desc, due_at, id) where state = 'queued';
-- Serves promote: what becomes due next.
create index jobs_due on horarium.jobs (due_at) where state in ('scheduled', 'retrying');
-- Serves rescue and giving back: what a worker holds.
create index jobs_running on horarium.jobs (worker) where state = 'running';
-- Serves limits: who waits under a key, in the order in which they go; and how many run under it.
create index jobs_waiting on horarium.jobs
    ((limits ->> 'concurrency_key'), priority desc, due_at, id) where state = 'waiting';
create index jobs_limited on horarium.jobs ((limits ->> 'concurrency_key'))
    where state = 'running' and limits is not null;
-- Serves rates: how many jobs are postponed already under a key.
create index jobs_postponed on horarium.jobs ((limits ->> 'rate_key'), priority)
    where state = 'scheduled' and limits ? 'postponed';
-- Serves overlap: does the schedule still have an unfinished job?
create index jobs_schedule on horarium.jobs (schedule) where schedule is not null;

create table horarium.unique_jobs (
    key text collate "C" not null primary key,
    job text collate "C",
    enqueued_at timestamptz,
    until timestamptz
);
comment on table horarium.unique_jobs is
    'the newest job under each key of unique calls; whether it is still there, its state says';
comment on column horarium.unique_jobs.enqueued_at is
    'of that job: another that is given the same id later is not it';

create table horarium.rates (
    key text collate "C" not null primary key,
    starts bigint[] not null,
    until timestamptz not null
);
comment on column horarium.rates.starts is
    'microseconds since 1970: when jobs of this key last started, as many as its limit';

create table horarium.queues (
    name text not null primary key check (length(name) between 1 and 255),
    paused_at timestamptz not null,
    note text
);
comment on table horarium.queues is
    'queues that are paused: claim hands out none of their jobs; any other needs no row';

create table horarium.job_history (
    id text collate "C" not null,
    task text not null,
    queue text not null,
    priority smallint not null,
    state text not null check (state in ('succeeded', 'failed', 'cancelled')),
    due_at timestamptz not null,
    enqueued_at timestamptz not null,
    attempt integer not null,
    worker bigint,
    started_at timestamptz,
    finished_at timestamptz not null,
    owner text,
    schedule text collate "C",
    fired_for timestamptz,
    arguments jsonb,
    payload bytea,
    labels jsonb,
    result jsonb,
    error jsonb,
    limits jsonb
) partition by range (finished_at);

-- Serves a look-up by id and the result of a job, in each month.
create index job_history_id on horarium.job_history (id);
-- Serves lists, newest first, and retention.
create index job_history_finished on horarium.job_history (finished_at desc);
-- Serves lists of what failed or was cancelled, and running it again: few among many successes.
create index job_history_unsuccessful on horarium.job_history (finished_at desc)
    where state <> 'succeeded';

-- Nothing may fail for want of a partition: what fits no month waits here.
create table horarium.job_history_other partition of horarium.job_history default;

create function horarium.prepare_history(around timestamptz) returns void
language plpgsql as $$
-- Makes the month's partition and the next two, if they are missing. A month that already has
-- rows among the others stays there: lists and look-ups find them all the same.
declare
    month timestamptz;
    name text;
begin
    for ahead in 0..2 loop
        month := date_trunc('month', around at time zone 'UTC') at time zone 'UTC'
            + make_interval(months => ahead);
        name := 'job_history_' || to_char(month at time zone 'UTC', 'YYYY_MM');
        begin
            execute format(
                'create table if not exists horarium.%I partition of horarium.job_history'
                ' for values from (%L) to (%L)',
                name, month,
                (month at time zone 'UTC' + interval '1 month') at time zone 'UTC'
            );
        exception when check_violation then null;
        end;
    end loop;
end $$;

select horarium.prepare_history(now());

create function horarium.drop_months(now timestamptz, keep_succeeded interval, keep_others interval)
returns text[]
language plpgsql set lock_timeout = '1s' as $$
-- Drops each month's partition of which nothing is to be kept any more, and names them. Where
-- somebody reads the history for longer than a second, the month is left to the next time:
-- waiting for its lock would keep every outcome from being written.
declare
    part record;
    kept boolean;
    dropped text[] := '{}';
begin
    for part in
        select c.relname::text as name
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'horarium.job_history'::regclass
          and c.relname ~ '^job_history_\d{4}_\d{2}$'
          and to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month'
              <= (now - least(keep_succeeded, keep_others)) at time zone 'UTC'
        order by c.relname
    loop
        execute format(
            'select exists (select from horarium.%1$I'
            '   where state <> ''succeeded'' and finished_at >= $2)'
            ' or exists (select from horarium.%1$I'
            '   where state = ''succeeded'' and finished_at >= $1)',
            part.name
        ) into kept using now - keep_succeeded, now - keep_others;
        if not kept then
            begin
                execute format('drop table horarium.%I', part.name);
                dropped := dropped || part.name;
            exception when lock_not_available then null;
            end;
        end if;
    end loop;
    return dropped;
end $$;

create function horarium.forget_jobs(
    now timestamptz, keep_succeeded interval, keep_others interval, most integer
) returns bigint
language plpgsql as $$
-- Deletes up to so many jobs that are not to be kept, from months of which others are. Each month
-- is asked by itself, so that its own index finds the rows and their places (ctid) delete them.
declare
    part record;
    deleted bigint;
    total bigint := 0;
begin
    for part in
        select c.relname::text as name
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'horarium.job_history'::regclass
          and (c.relname = 'job_history_other' or to_date(right(c.relname, 7), 'YYYY_MM')
              < (now - least(keep_succeeded, keep_others)) at time zone 'UTC')
        order by c.relname
    loop
        execute format(
            'delete from horarium.%1$I where ctid = any (array('
            '   (select ctid from horarium.%1$I'
            '    where state = ''succeeded'' and finished_at < $1 limit $3)'
            '   union all'
            '   (select ctid from horarium.%1$I'
            '    where state <> ''succeeded'' and finished_at < $2 limit $3)'
            '   limit $3))',
            part.name
        ) using now - keep_succeeded, now - keep_others, most - total;
        get diagnostics deleted = row_count;
        total := total + deleted;
        exit when total >= most;
    end loop;
    return total;
end $$;

create table horarium.attempts (
    job text collate "C" not null,
    attempt integer not null,
    worker bigint,
    started_at timestamptz,
    ended_at timestamptz not null,
    outcome text not null check (
        outcome in ('failed', 'lost', 'cancelled', 'snoozed', 'given back', 'succeeded')
    ),
    error jsonb,
    primary key (job, attempt, ended_at)
);
-- Serves retention.
create index attempts_ended on horarium.attempts (ended_at);
comment on table horarium.attempts is
    'runs that did not end their job, and all those of a job that was run again; the run that '
    'ended a job is in job_history itself';

create function horarium.matches(
    task text, queue text, owner text, schedule text, arguments jsonb, filter jsonb
) returns boolean
language sql immutable as $$
-- Whether a job is one that a filter asks for; what the filter does not name matches all. Of its
-- arguments each is found by name, or at its position where that is known.
select (filter ->> 'task' is null or task = filter ->> 'task')
    and (filter ->> 'queue' is null or queue = filter ->> 'queue')
    and (filter ->> 'owner' is null or owner = filter ->> 'owner')
    and (filter ->> 'schedule' is null or schedule = filter ->> 'schedule')
    and (filter -> 'arguments' is null or not exists (
        select from jsonb_array_elements(filter -> 'arguments') as wanted
        where (arguments -> 'kwargs' -> (wanted ->> 'name') @> (wanted -> 'value')) is not true
          and (arguments -> 'args' -> (wanted ->> 'position')::integer @> (wanted -> 'value'))
              is not true
    ))
$$;
