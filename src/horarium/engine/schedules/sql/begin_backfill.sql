-- Records a backfill that is about to go through its due times.
insert into horarium.backfills (
    id, schedule, version, span_from, span_until, newest_first, concurrency, redo, priority,
    state, note, origin, due, created_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'filling', $10, $11, $12,
    coalesce($13::timestamptz, clock_timestamp()))
