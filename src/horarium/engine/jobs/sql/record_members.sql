-- Records jobs of a composition, or one that waits for others, and wakes the queues of those that
-- may begin. One that waits for $17 others is waiting until they have ended.
-- Promises: a job whose id is unfinished already is left alone; the ids that come back are the new
-- ones. JSON comes as text, which every connection can send, also one of SQLAlchemy's.
-- Carried by the primary key.
with members as (
    select * from unnest(
        $1::text[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::bytea[], $7::text[],
        $8::text[], $9::text[], $10::timestamptz[], $11::text[], $12::timestamptz[],
        $13::timestamptz[], $14::timestamptz[], $15::text[], $17::integer[], $18::boolean[]
    ) as members (
        id, task, queue, priority, arguments, payload, labels, owner, schedule, fired_for, state,
        due_at, enqueued_at, expires_at, limits, waits_for, followed
    )
),
recorded as (
    insert into horarium.jobs (
        id, task, queue, priority, arguments, payload, labels, owner, schedule, fired_for, state,
        due_at, enqueued_at, expires_at, limits, waits_for, followed, batch
    )
    select
        id, task, queue, priority, arguments::jsonb, payload, labels::jsonb, owner, schedule,
        fired_for, case when waits_for is null then state else 'waiting' end,
        due_at, enqueued_at, expires_at, limits::jsonb, waits_for, followed, $16
    from members
    on conflict (id) do nothing
    returning id, queue, state
)
select id, case when state <> 'waiting' then pg_notify($19, queue) end from recorded
