-- Gives the users of the changed orders the country of their latest line in the file, unless they
-- have names: then they are not of a file. Gives whether each altered one was there before.
with latest as (
    select distinct on (l.user_id) l.user_id, l.country
    from import_lines l
    where l.user_id is not null
        and l.country is not null
        and l.order_id in (select id from import_changed)
    order by l.user_id, l.placed_at desc, l.position desc
)
update shop.users u set country = latest.country, updated_at = now()
from latest
where u.id = latest.user_id
    and u.name is null
    and u.country is distinct from latest.country
returning u.created_at < now() as was_there
