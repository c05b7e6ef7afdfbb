-- An owner: up to where the days are written, whose clock counts ($2: where the shop has none), and
-- the newest day that is written so far.
-- Carried by primary keys.
select o.owner, o.written_until, o.last_end_at,
    coalesce(a.zone, u.zone, p.zone, $2) as zone, coalesce(p.zone, $2) as shop_zone,
    a.name is not null as has_account,
    coalesce($3::timestamptz, clock_timestamp()) as now,
    d.day as last_day, d.zone as last_zone, d.starts_at as last_starts_at, d.ends_at as last_ends_at
from (select $1::text as name) asked
left join horarium.journal_owners o on o.owner = asked.name
left join horarium.accounts a on a.name = asked.name
left join shop.users u on u.id = asked.name
left join shop.profile p on true
left join lateral (
    select * from horarium.journal_days d
    where d.owner = asked.name and d.starts_at < o.written_until
    order by d.day desc limit 1
) d on true
