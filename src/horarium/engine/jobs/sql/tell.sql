-- Writes the newest marks of running jobs: those of all jobs of a worker in one statement.
-- Promises: only under a claim that still holds (worker and attempt); a mark of an earlier attempt,
-- or of the same one with a lower number, overwrites nothing, in whichever order two connections
-- come. The jobs that come back are those whose claim held.
-- Carried by the primary keys (`is not distinct from`: as in `finish`). The rows come in the order
-- of their jobs, so that two writers never wait for each other in a circle.
with told as (
    select * from unnest(
        $1::text[], $2::bigint[], $3::int[], $4::int[], $5::float8[], $6::text[], $7::text[],
        $8::jsonb[]
    ) as told (id, worker, attempt, number, fraction, note, state, meta)
),
held as (
    select told.*, j.started_at
    from told
    join horarium.jobs j on j.id = told.id
        and j.worker is not distinct from told.worker and j.attempt = told.attempt
),
written as (
    insert into horarium.progress as before (
        job, started_at, number, fraction, note, state, meta, updated_at, kept_from
    )
    select id, started_at, number, fraction, note, state, meta, moment, moment
    from held, (select coalesce($9::timestamptz, clock_timestamp()) as moment) as clock
    order by id
    on conflict (job) do update set
        started_at = excluded.started_at, number = excluded.number, fraction = excluded.fraction,
        note = excluded.note, state = excluded.state, meta = excluded.meta,
        updated_at = excluded.updated_at
    where (before.started_at, before.number) < (excluded.started_at, excluded.number)
)
select id as job from held
