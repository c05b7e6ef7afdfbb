-- Adds a schedule, or gives it a new version, and tells the schedulers. Who made it first owns it
-- (origin, app) until it is retired; each version says who made that. It is as old as this statement,
-- not as its transaction, of which it may be decided much later.
-- Carried by the primary key.
with kept as (
    insert into horarium.schedules as s (
        id, origin, app, task, version, definition, state, decided_until, next_due_at,
        next_fire_at, created_at, updated_at
    )
    values ($1, $2, $3, $4, 1, $5, case when $7::timestamptz is null then 'ended' else 'active' end,
        $6, $7, $8, coalesce($9::timestamptz, clock_timestamp()),
        coalesce($9, clock_timestamp()))
    on conflict (id) do update set
        origin = case when s.state = 'retired' then excluded.origin else s.origin end,
        app = case when s.state = 'retired' then excluded.app else s.app end,
        task = excluded.task,
        version = s.version + 1, definition = excluded.definition,
        state = case when s.state = 'paused' then s.state else excluded.state end,
        note = case when s.state = 'paused' then s.note end,
        decided_until = excluded.decided_until,
        next_due_at = case when s.state <> 'paused' then excluded.next_due_at end,
        next_fire_at = case when s.state <> 'paused' then excluded.next_fire_at end,
        updated_at = excluded.updated_at
    returning id, version, definition, decided_until
),
closed as (
    update horarium.schedule_versions v set effective_until = kept.decided_until
    from kept
    where v.schedule = kept.id and v.version = kept.version - 1 and v.effective_until is null
),
versions as (
    insert into horarium.schedule_versions (schedule, version, definition, origin, effective_from)
    select id, version, definition, $2, decided_until from kept
)
select version, pg_notify($10, id) from kept
