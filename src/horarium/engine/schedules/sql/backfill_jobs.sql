-- Records which jobs belong to a backfill. Carried by the primary key.
insert into horarium.backfill_jobs (backfill, due_at, job)
select $1, f.due_at, f.job from unnest($2::timestamptz[], $3::text[]) as f (due_at, job)
