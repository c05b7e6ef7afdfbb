-- Sends running jobs back for another attempt: after a failure, a snooze, or a worker's stop.
-- Promises: as `finish`: only what this worker still holds under the claim it reports. A failed
-- attempt is kept with its error; a snoozed or returned one does not count as an attempt.
-- Carried by the primary key (`is not distinct from`, and no word of the state, keep
-- jobs_running, full of the dead entries of just finished jobs, out of the plan; a job that has a
-- worker is running: the table says so).
with again as (
    select * from unnest(
        $2::text[], $3::int[], $4::text[], $5::float8[], $6::jsonb[],
        $7::boolean[], $8::jsonb[], $9::bytea[], $10::jsonb[]
    ) as again (id, attempt, outcome, delay, error, changed, arguments, payload, labels)
),
returned as (
    update horarium.jobs j
    set state = case a.outcome
            when 'failed' then 'retrying' when 'snoozed' then 'scheduled' else 'queued' end,
        attempt = case when a.outcome = 'failed' then j.attempt else j.attempt - 1 end,
        due_at = case a.outcome when 'given back' then j.due_at
            else coalesce($11::timestamptz, clock_timestamp()) + make_interval(secs => a.delay) end,
        worker = null,
        error = case when j.cancelling then j.error else coalesce(a.error, j.error) end,
        arguments = case when a.changed then a.arguments else j.arguments end,
        payload = case when a.changed then a.payload else j.payload end,
        labels = case when a.changed then a.labels else j.labels end
    from again a
    where j.id = a.id and j.worker is not distinct from $1 and j.attempt = a.attempt
      and j.started_at <= $13::timestamptz
    returning j.id, j.queue, a.attempt, a.outcome, a.error, j.started_at,
        j.limits ->> 'concurrency_key' as key
),
kept as (
    insert into horarium.attempts (job, attempt, worker, started_at, ended_at, outcome, error)
    select id, attempt, $1, started_at, coalesce($11, clock_timestamp()), outcome, error
    from returned where outcome = 'failed'
)
select id, pg_notify($12, queue), key from returned
