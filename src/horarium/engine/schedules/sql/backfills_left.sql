-- The backfills that have due times left: of these schedules, or of all.
-- Carried by backfills_filling.
select id from horarium.backfills
where state = 'filling' and ($1::text[] is null or schedule = any ($1))
order by id limit 100
