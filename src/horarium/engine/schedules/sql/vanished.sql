-- The schedules that an application's code declared once and declares no more.
select id from horarium.schedules
where origin = 'code' and app = $1 and state <> 'retired' and id <> all ($2::text[])
for update
