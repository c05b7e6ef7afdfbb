-- Takes up to $1 notes of changed orders, those that are committed, and says by slot (the quarter of
-- an hour that orders were placed in) when the first and the last change were made. Notes that
-- others hold are passed over. What commits later stays for the next look.
with found as (
    select ctid from shop.changed_days limit $1 for update skip locked
),
taken as (
    delete from shop.changed_days
    where ctid = any (array(select ctid from found))
    returning ordered_at, changed_at
)
select
    ordered_at as slot,
    min(changed_at) as first_at,
    max(changed_at) as last_at,
    sum(count(*)) over () as notes
from taken
group by ordered_at
order by ordered_at
