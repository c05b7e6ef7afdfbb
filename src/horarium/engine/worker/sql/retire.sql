-- A worker leaves: its lease ends now, and it holds nothing any more.
-- Carried by the primary key.
update horarium.workers set stopped_at = coalesce($2::timestamptz, clock_timestamp())
where id = $1 and stopped_at is null
