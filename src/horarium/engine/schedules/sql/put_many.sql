-- Adds new schedules; one whose id is there already is left alone and does not come back.
-- They are as old as the instant from which they are decided ($9), not as their transaction.
-- Carried by the primary key.
with added as (
    insert into horarium.schedules (
        id, origin, app, task, version, definition, state, decided_until, next_due_at,
        next_fire_at, created_at, updated_at
    )
    select n.id, $1, $2, n.task, 1, n.definition,
        case when n.next_due_at is null then 'ended' else 'active' end, n.decided_until,
        n.next_due_at, n.next_fire_at, $9::timestamptz, $9
    from unnest(
        $3::text[], $4::text[], $5::jsonb[], $6::timestamptz[], $7::timestamptz[],
        $8::timestamptz[]
    ) as n (id, task, definition, decided_until, next_due_at, next_fire_at)
    on conflict (id) do nothing
    returning id, definition, decided_until
),
versions as (
    insert into horarium.schedule_versions (schedule, version, definition, origin, effective_from)
    select id, 1, definition, $1, decided_until from added
)
select id from added
