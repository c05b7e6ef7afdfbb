-- Records one job and wakes its queue's workers when the transaction commits.
-- Promises: a job whose id is unfinished already is left alone, and no row comes back.
-- JSON comes as text, which every connection can send, also one of SQLAlchemy's.
-- The procedure of `enqueue_alone` records the same row; a test compares them.
-- Carried by the primary key.
with asked as (
    select
        coalesce($15::timestamptz, now()) as now,
        coalesce(
            $6::timestamptz,
            coalesce($15, now()) + make_interval(secs => coalesce($7::float8, 0))
        ) as due_at
),
enqueued as (
    insert into horarium.jobs (
        id, task, queue, priority, arguments, payload, labels, owner, schedule, fired_for,
        state, due_at, enqueued_at, expires_at, limits
    )
    select
        $1, $2, $3, $4, $5::text::jsonb, $9::bytea, $10::text::jsonb, $11, $12, $13::timestamptz,
        case when asked.due_at > asked.now then 'scheduled' else 'queued' end,
        asked.due_at, asked.now, asked.now + make_interval(secs => $8::float8),
        $16::text::jsonb
    from asked
    on conflict (id) do nothing
    returning queue
)
select pg_notify($14, queue) from enqueued
