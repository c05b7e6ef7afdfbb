-- Locks a backfill that has due times left, with the definition that it goes by and how many of its
-- jobs have not ended; whoever meets one that another works on passes it by.
-- Carried by the primary keys and jobs_schedule.
select b.*, s.task, (
    select v.definition from horarium.schedule_versions v
    where v.schedule = b.schedule and v.version = b.version
) as definition, (
    select count(*) from horarium.jobs j
    join horarium.backfill_jobs own on own.backfill = b.id and own.due_at = j.fired_for
        and own.job = j.id
    where j.schedule = b.schedule and b.concurrency is not null
) as unfinished
from horarium.backfills b
join horarium.schedules s on s.id = b.schedule
where b.id = $1 and b.state = 'filling'
for update of b skip locked
