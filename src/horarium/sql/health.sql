-- The schema's revision, and by how many seconds the longest due schedule is late.
-- Carried by schedules_next.
select
    (select version_num from horarium.alembic_version) as revision,
    (select extract(epoch from clock_timestamp() - min(next_fire_at))::float8
     from horarium.schedules where next_fire_at <= clock_timestamp()) as lag
