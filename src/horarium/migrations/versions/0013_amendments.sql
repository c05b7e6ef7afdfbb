-- It returns more now, which replacing it does not allow.
drop function horarium.end_dependencies(text[], text[], timestamptz);

create function horarium.end_dependencies(ended text[], states text[], at timestamptz)
returns table (id text, task text, queue text, attempt integer, owner text, because text)
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
-- Ends the wait of those that follow jobs which have just ended, in the transaction that ended them.
-- A job is queued when the last that it waited for has ended. One that was to stop when another did
-- not succeed ends as cancelled, and so do those that follow it in turn.
-- Two that end at once meet at the row of the job that waits for both, and the later counts on from
-- what the earlier has left.
-- Returns those that ended as cancelled: whoever ended the jobs tells of them.
#variable_conflict use_column
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
    stopped_ones text[];
    all_stopped text[] := '{}';
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
            array_agg(root) filter (where followed),
            coalesce(array_agg(id), '{}')
        into ended, states, causes, stopped_ones
        from told;
        all_stopped := all_stopped || stopped_ones;
    end loop;

    if cardinality(all_stopped) > 0 then
        return query
        select h.id, h.task, h.queue, h.attempt, h.owner, h.error ->> 'message'
        from horarium.job_history h
        where h.id = any (all_stopped) and h.finished_at = instant;
    end if;
end $$;

-- Serves health and metrics, which count the parked ones, and the list of them.
create index schedules_parked on horarium.schedules (id) where state = 'parked';

-- Reviews have versions as orders have: an edit names what it was made from. Scoring is no edit: what
-- it writes follows from the text, and whoever has just written one must be able to edit it.
alter table shop.reviews add column version bigint not null default nextval('shop.versions');
create trigger reviews_version before update of rating, text on shop.reviews
    for each row execute function shop.renew_version();
