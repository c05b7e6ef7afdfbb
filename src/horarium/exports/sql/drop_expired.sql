-- Removes the files of exports that have expired, so many at most, and lets others be made of the same
-- rows. exports_expiry and the primary key carry it. $1 most.
with expired as (
    update horarium.exports
    set reuse = null
    where id in (
        select id from horarium.exports e
        where coalesce(expires_at, created_at) < now() and expires_at < now()
            and exists (select from horarium.export_pieces p where p.export = e.id)
        order by coalesce(expires_at, created_at)
        limit $1
    )
    returning id
),
dropped as (
    delete from horarium.export_pieces p using expired where p.export = expired.id
)
select count(*) from expired
