-- The schedules that an application's code, or a file, declared once and declares no more.
select id from horarium.schedules
where origin = $3 and app = $1 and state <> 'retired' and id <> all ($2::text[])
for update
