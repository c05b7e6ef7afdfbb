-- Records a job unless one is there under its key ($17), and says which one is there now.
-- There: in one of the states $18, and not longer than the period since its enqueue that it was
-- recorded with ($19). Where the call is debounced ($20), a job that has not begun takes over its
-- arguments and its due time instead.
-- The key stays with the job, as the label _unique: running it again must find it.
-- Promises: `lock_unique` has locked the key in this transaction and in a statement before this
-- one, so that what this one sees is the truth. No row: its id is unfinished already. A job that
-- is put off comes back with the key of its limit, whose turn it may have had.
-- Carried by the primary keys and job_history_id.
with asked as (
    select
        coalesce($15::timestamptz, now()) as now,
        coalesce(
            $6::timestamptz,
            coalesce($15, now()) + make_interval(secs => coalesce($7::float8, 0))
        ) as due_at
),
there as (
    select u.job, u.enqueued_at, (
        select j.limits ->> 'concurrency_key' from horarium.jobs j where j.id = u.job
    ) as key
    from horarium.unique_jobs u, asked
    where u.key = $17 and (u.until is null or u.until > asked.now)
      and (
          exists (
              select from horarium.jobs j
              where j.id = u.job and j.enqueued_at = u.enqueued_at and j.state = any ($18::text[])
          )
          or exists (
              select from horarium.job_history h
              where h.id = u.job and h.enqueued_at = u.enqueued_at and h.state = any ($18)
          )
      )
),
replaced as (
    update horarium.jobs j
    set state = case when asked.due_at > asked.now then 'scheduled' else 'queued' end,
        queue = $3, priority = $4, arguments = $5::text::jsonb, payload = $9::bytea,
        labels = coalesce($10::text::jsonb, '{}') || jsonb_build_object('_unique', $17::text),
        owner = $11, due_at = asked.due_at,
        expires_at = asked.now + make_interval(secs => $8::float8), limits = $16::text::jsonb
    from there, asked
    where $20::boolean and j.id = there.job and j.enqueued_at = there.enqueued_at
      and j.state in ('scheduled', 'queued', 'waiting')
    returning j.id, j.queue
),
enqueued as (
    insert into horarium.jobs (
        id, task, queue, priority, arguments, payload, labels, owner, schedule, fired_for,
        state, due_at, enqueued_at, expires_at, limits
    )
    select
        $1, $2, $3, $4, $5::text::jsonb, $9,
        coalesce($10::text::jsonb, '{}') || jsonb_build_object('_unique', $17::text),
        $11, $12, $13::timestamptz,
        case when asked.due_at > asked.now then 'scheduled' else 'queued' end,
        asked.due_at, asked.now, asked.now + make_interval(secs => $8), $16::text::jsonb
    from asked
    where not exists (select from there where not $20) and not exists (select from replaced)
    on conflict (id) do nothing
    returning id, queue, enqueued_at
),
taken as (
    update horarium.unique_jobs u
    set job = e.id, enqueued_at = e.enqueued_at,
        until = e.enqueued_at + make_interval(secs => $19::float8)
    from enqueued e where u.key = $17
)
select id, true as is_new, pg_notify($14, queue), null as key from enqueued
union all
select r.id, false, pg_notify($14, queue), there.key from replaced r, there
union all
select job, false, null, null from there where not $20
