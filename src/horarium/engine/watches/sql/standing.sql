-- Where one job stands, unfinished or the newest of its id in history: as `show`, without what may
-- be large. Carried by the primary key, by job_history_id of each month, and that of progress.
(select id, task, queue, state, attempt, worker, due_at, started_at,
    null::timestamptz as finished_at, error - 'traceback' as error,
    horarium.progress_of(id, started_at) as progress
 from horarium.jobs where id = $1)
union all
(select id, task, queue, state, attempt, worker, due_at, started_at,
    finished_at, error - 'traceback', horarium.progress_of(id, started_at)
 from horarium.job_history where id = $1 order by finished_at desc limit 1)
limit 1
