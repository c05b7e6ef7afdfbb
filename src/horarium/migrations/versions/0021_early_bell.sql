-- An enqueue by itself, whose job is seen before it is on the disk, and whose caller waits until it is.

create procedure horarium.enqueue(
    id text, task text, queue text, priority smallint, arguments text, due_at timestamptz,
    delay float8, expires_after float8, payload bytea, labels text, owner text, schedule text,
    fired_for timestamptz, channel text, "now" timestamptz, limits text, inout is_new boolean
)
language plpgsql as $$
-- Two transactions. The first does not wait for the disk: workers see the job, and hear of it, at
-- once. The second writes a message to the log that nobody reads, and waits for it as the server's
-- settings say (disk, standby); what comes before it in the log, the job, is there too then.
-- In one transaction a worker would hear when the disk has the job; and as a commit that notifies
-- keeps the next one waiting until it is through, all enqueues would stand in line for the disk.
begin
    with asked as (
        select
            coalesce("now", pg_catalog.now()) as at,
            coalesce(
                due_at,
                coalesce("now", pg_catalog.now()) + make_interval(secs => coalesce(delay, 0))
            ) as due_at
    )
    insert into horarium.jobs (
        id, task, queue, priority, arguments, payload, labels, owner, schedule, fired_for,
        state, due_at, enqueued_at, expires_at, limits
    )
    select
        enqueue.id, task, queue, priority, arguments::jsonb, payload, labels::jsonb, owner,
        schedule, fired_for,
        case when asked.due_at > asked.at then 'scheduled' else 'queued' end,
        asked.due_at, asked.at, asked.at + make_interval(secs => expires_after), limits::jsonb
    from asked
    on conflict on constraint jobs_pkey do nothing;
    is_new := found;
    if is_new then
        perform pg_notify(channel, queue);
    end if;
    perform set_config('synchronous_commit', 'off', true);
    commit;
    perform pg_logical_emit_message(true, 'horarium', '');
end $$;
