-- Whether a schedule is due, and the seconds until the next one will be; null: none will.
-- Carried by schedules_next.
with clock as materialized (select coalesce($1::timestamptz, clock_timestamp()) as now)
select
    exists (
        select from horarium.schedules where next_fire_at <= (select now from clock)
    ) as overdue,
    (
        select extract(epoch from next_fire_at - (select now from clock))::float8
        from horarium.schedules where next_fire_at > (select now from clock)
        order by next_fire_at limit 1
    ) as seconds
