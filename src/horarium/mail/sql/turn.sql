-- Takes the turn to mail about a task: the row is locked until the mail is sent.
-- Says since when failures are to be told, up to when ($3: that of the last $3 seconds may not have
-- been committed yet), and how many seconds of the period of $2 are left: 0, it is over.
-- A task that has not failed for long is not looked for further back than a day; the first time that
-- it fails, than the period, or the minute that failures may have been gathered for.
-- Carried by the primary key.
insert into horarium.failure_mails as known (task, told_until)
values ($1, clock_timestamp() - greatest(make_interval(secs => $2::float8), interval '1 minute'))
on conflict (task) do update set told_until = known.told_until
returning
    greatest(
        told_until, clock_timestamp() - greatest(make_interval(secs => $2), interval '1 day')
    ) as since,
    clock_timestamp() - make_interval(secs => $3::float8) as until,
    greatest(
        0, extract(epoch from told_until - clock_timestamp())::float8 + $2::float8
    ) as seconds_left
