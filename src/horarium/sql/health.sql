-- The schema's revision, by how many seconds the longest due schedule is late, how many schedules
-- the standing proof has something against, and how many are parked.
-- Carried by schedules_next, schedule_proofs_wrong and schedules_parked.
select
    (select version_num from horarium.alembic_version) as revision,
    (select extract(epoch from clock_timestamp() - min(next_fire_at))::float8
     from horarium.schedules where next_fire_at <= clock_timestamp()) as lag,
    (select count(*) from horarium.schedule_proofs where wrong_from is not null) as unproved,
    (select count(*) from horarium.schedules where state = 'parked') as parked
