-- Notes which reports of an application have to be looked at when orders change, and forgets those
-- that it had and has no more. The primary key carries it.
-- $1 application; columns of equal length: $2 reports, $3 periods, $4 zones or null.
with noted as (
    insert into horarium.watched_reports as known (report, app, every, zone)
    select n.report, $1::text, n.every, n.zone
    from unnest($2::text[], $3::text[], $4::text[]) as n (report, every, zone)
    order by n.report
    on conflict (report) do update set
        every = excluded.every, zone = excluded.zone, app = excluded.app
    where (known.every, known.zone) is distinct from (excluded.every, excluded.zone)
)
delete from horarium.watched_reports where app = $1 and report <> all ($2)
