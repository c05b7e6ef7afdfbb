-- Composition: jobs that wait for others to end, and batches of jobs that were enqueued together.

alter table horarium.jobs
    add column batch text collate "C",
    add column waits_for integer,
    add column followed boolean not null default false,
    add constraint only_a_waiting_job_waits_for_others check (
        waits_for is null or (waits_for > 0 and state = 'waiting')
    );
comment on column horarium.jobs.waits_for is
    'how many jobs have yet to end before this one is queued; null: it does not wait for jobs';
comment on column horarium.jobs.followed is 'others wait for its end: who ends it ends their wait';

alter table horarium.job_history add column batch text collate "C";

-- Serves batches: their jobs, unfinished and ended. Empty for jobs that are in none.
create index jobs_batch on horarium.jobs (batch, id) where batch is not null;
create index job_history_batch on horarium.job_history (batch, id) where batch is not null;

-- Serves limits, as before; a job that waits for others has no place under its key yet.
drop index horarium.jobs_waiting;
create index jobs_waiting on horarium.jobs
    ((limits ->> 'concurrency_key'), priority desc, due_at, id)
    where state = 'waiting' and waits_for is null;

create table horarium.batches (
    id text collate "C" not null primary key check (length(id) between 1 and 255),
    kind text not null check (kind in ('chain', 'group', 'chord')),
    name text,
    owner text,
    total integer not null check (total > 0),
    created_at timestamptz not null
);
comment on table horarium.batches is
    'compositions; how far one has come is counted from its jobs, there is no counter to contend for';
-- Serves lists, newest first, and retention.
create index batches_created on horarium.batches (created_at desc, id);

create table horarium.dependencies (
    on_job text collate "C" not null,
    job text collate "C" not null,
    place integer not null,
    on_failure text not null check (on_failure in ('stop', 'continue')),
    outside boolean not null,
    open boolean not null default true,
    made_at timestamptz not null,
    -- Serves the end of a job: who waits for it.
    primary key (on_job, job)
) with (fillfactor = 80);
comment on column horarium.dependencies.place is
    'where the result of on_job stands among those that job is given';
comment on column horarium.dependencies.outside is
    'on_job was committed before, and may end while the dependency is being recorded';
comment on column horarium.dependencies.open is
    'on_job has not ended since; closed exactly once, by whoever ends it';
-- Serves a job that starts: whose results it is given, in their order.
create index dependencies_job on horarium.dependencies (job, place);
-- Serves retention, and the commit: what a transaction has recorded.
create index dependencies_made on horarium.dependencies (made_at);

create function horarium.lock_followers(ended text[], states text[]) returns void
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
-- Locks jobs that end, and all that may be written because of it, in the order of their ids: two of
-- these cannot wait for each other in a circle.
begin
    perform from horarium.jobs j
    where j.id = any (array(
        with recursive behind as (
            select d.job, e.state <> 'succeeded' and d.on_failure = 'stop' as stops
            from unnest(ended, states) as e (id, state)
            join horarium.dependencies d on d.on_job = e.id and d.open
            union
            select d.job, d.on_failure = 'stop'
            from behind b join horarium.dependencies d on d.on_job = b.job and d.open
            where b.stops
        )
        select job from behind
        union
        select unnest(ended)
    ))
    order by j.id
    for update;
end $$;

create function horarium.end_dependencies(ended text[], states text[], at timestamptz)
returns void
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
-- Ends the wait of those that follow jobs which have just ended, in the transaction that ended them.
-- A job is queued when the last that it waited for has ended. One that was to stop when another did
-- not succeed ends as cancelled, and so do those that follow it in turn.
-- Two that end at once meet at the row of the job that waits for both, and the later counts on from
-- what the earlier has left.
declare
    instant timestamptz := coalesce(at, clock_timestamp());
    prefix constant text := 'it waited for others, and ';
    -- What to name as the cause: of one that was cancelled for another's sake, that other.
    causes text[] := array(
        select coalesce(
            (
                select substr(h.error ->> 'message', length(prefix) + 1)
                from (
                    -- The fence (offset 0) keeps the order from choosing another index than id's.
                    select * from horarium.job_history where id = e.id offset 0
                ) h
                where e.state = 'cancelled' and h.error ->> 'type' = 'DependencyFailed'
                order by h.finished_at desc limit 1
            ),
            format('job %L %s', id, case state when 'failed' then 'failed' else 'was cancelled' end)
        )
        from unnest(ended, states) as e (id, state)
    );
    followers text[];
    ends integer[];
    roots text[];
    woken bigint;
begin
    perform horarium.lock_followers(ended, states);

    while cardinality(ended) > 0 loop
        with closed as (
            update horarium.dependencies d set open = false
            from unnest(ended, states, causes) as e (id, state, cause)
            where d.on_job = e.id and d.open
            returning d.job, e.id, e.state, e.cause,
                d.on_failure = 'stop' and e.state <> 'succeeded' as stops
        ),
        followed as (
            select job, count(*) as ends,
                (array_agg(cause order by id) filter (where stops))[1] as root
            from closed group by job
        )
        select array_agg(job), array_agg(f.ends), array_agg(root)
        into followers, ends, roots
        from followed f;

        with released as (
            update horarium.jobs j
            set waits_for = nullif(j.waits_for - f.ends, 0),
                state = case when j.waits_for > f.ends then 'waiting'
                    when j.due_at > instant then 'scheduled' else 'queued' end,
                due_at = case when j.waits_for > f.ends then j.due_at
                    else greatest(j.due_at, instant) end
            from unnest(followers, ends, roots) as f (job, ends, root)
            where j.id = f.job and j.waits_for is not null and f.root is null
            returning j.queue, j.state
        )
        select count(pg_notify('horarium_jobs', queue)) into woken
        from released where state <> 'waiting';

        with stopped as (
            delete from horarium.jobs j
            using unnest(followers, roots) as f (job, root)
            where j.id = f.job and j.waits_for is not null and f.root is not null
            returning j.*, f.root
        ),
        kept as (
            insert into horarium.job_history (
                id, task, queue, priority, state, due_at, enqueued_at, attempt, worker, started_at,
                finished_at, owner, schedule, fired_for, arguments, payload, labels, error, limits,
                batch
            )
            select
                id, task, queue, priority, 'cancelled', due_at, enqueued_at, attempt, worker,
                started_at, instant, owner, schedule, fired_for, arguments, payload, labels,
                jsonb_build_object(
                    'type', 'DependencyFailed',
                    'message', prefix || root
                ),
                limits, batch
            from stopped
        ),
        told as (
            select id, root, followed,
                case when awaited then pg_notify('horarium_finished', id) end,
                case when schedule is not null then pg_notify('horarium_schedules', schedule) end
            from stopped
        )
        select coalesce(array_agg(id) filter (where followed), '{}'),
            array_agg('cancelled'::text) filter (where followed),
            array_agg(root) filter (where followed)
        into ended, states, causes
        from told;
    end loop;
end $$;

create function horarium.lock_followed(since timestamptz) returns void
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
-- Locks the jobs that those recorded by this transaction (all at the instant `since`) follow. Whoever
-- ends some of them has others locked, in an order of his own: so none is waited for while another is
-- held. What was got is let go, and tried again when the other has had time to commit.
declare
    pause float8 := 0.0005;
begin
    loop
        begin
            perform from horarium.jobs j
            where j.id = any (array(
                select d.on_job from horarium.dependencies d
                where d.made_at = since and d.outside and d.open
            ))
            order by j.id
            for update nowait;
            return;
        exception when lock_not_available then
            perform pg_sleep(pause);
            pause := least(pause * 2, 0.02);
        end;
    end loop;
end $$;

create function horarium.follow() returns trigger
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
-- At the commit of a dependency on a job that was there before: that job is marked as followed or,
-- if it has ended meanwhile, the wait for it ends here. Its row is locked from now until the commit
-- is done: whoever ends it comes before, and is seen here, or after, and sees the dependency.
-- It is left to the commit so that a long transaction does not keep a worker from recording outcomes.
-- The first dependency of a transaction locks for all of them.
declare
    is_followed boolean;
    final text;
begin
    perform from horarium.dependencies d where d.on_job = new.on_job and d.job = new.job and d.open;
    if not found then
        return null;
    end if;
    if current_setting('horarium.locked_since', true) is distinct from new.made_at::text then
        perform horarium.lock_followed(new.made_at);
        perform set_config('horarium.locked_since', new.made_at::text, true);
    end if;
    select followed into is_followed from horarium.jobs where id = new.on_job for update;
    if found then
        if not is_followed then
            update horarium.jobs set followed = true where id = new.on_job;
        end if;
        return null;
    end if;
    select h.state into final
    from (select * from horarium.job_history where id = new.on_job offset 0) h
    order by h.finished_at desc limit 1;
    -- One that nobody knows any more has not succeeded, as far as can be said.
    perform horarium.end_dependencies(
        array[new.on_job], array[coalesce(final, 'cancelled')], null
    );
    return null;
end $$;

create constraint trigger follow after insert on horarium.dependencies
deferrable initially deferred for each row when (new.outside)
execute function horarium.follow();
