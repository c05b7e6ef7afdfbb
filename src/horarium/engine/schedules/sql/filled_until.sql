-- Moves a backfill on. Carried by the primary key.
update horarium.backfills
set reached = coalesce($2, reached), enqueued = enqueued + $3, kept = kept + $4, state = $5,
    note = coalesce($6, note),
    ended_at = case when $5 <> 'filling' then coalesce($7::timestamptz, clock_timestamp()) end
where id = $1
