-- A page of the schedules that a filter finds, the next due first, then those that are not due.
-- Carried by schedules_next in its order, and by the primary key.
select * from (
    (select id, task, definition, origin, version, state, note, fired, decided_until, next_due_at,
        next_fire_at, created_at, updated_at
    from horarium.schedules
    where next_fire_at is not null
        and ($1::text is null or state = $1) and ($2::text is null or task = $2)
        and ($3::text is null or origin = $3) and ($4::text is null or strpos(id, $4) > 0)
    order by next_fire_at, id
    limit $6::bigint + $7::bigint)
    union all
    (select id, task, definition, origin, version, state, note, fired, decided_until, next_due_at,
        next_fire_at, created_at, updated_at
    from horarium.schedules
    where next_fire_at is null
        and ($1 is null or state = $1) and ($2 is null or task = $2)
        and ($3 is null or origin = $3) and ($4 is null or strpos(id, $4) > 0)
        and ($5 or state <> 'retired')
    order by id
    limit $6 + $7)
) found
order by next_fire_at nulls last, id
limit $6 offset $7
