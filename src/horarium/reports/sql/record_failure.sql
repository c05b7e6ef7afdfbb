-- Notes that the build of a period failed, in place of what was noted before; the primary key
-- forbids two. $1 report, $2 start, $3 end, $4 first day, $5 problem, $6 reason, $7 job.
insert into horarium.report_failures (
    report, starts_at, ends_at, day, failed_at, problem, reason, job
)
values ($1, $2, $3, $4, clock_timestamp(), $5, $6, $7)
on conflict (report, starts_at) do update set
    failed_at = excluded.failed_at,
    problem = excluded.problem,
    reason = excluded.reason,
    job = excluded.job
