-- A page of users by id (the primary key carries it), and the number of all that match. At least
-- one row comes, with a null id where the page is empty. $3 e-mail (users_email), $4 country, $5 the
-- id after which the page begins: then nothing is counted.
with matching as not materialized (
    select id, name, email, country, zone, created_at, updated_at, version
    from shop.users
    where ($3::text is null or lower(email) = lower($3))
        and ($4::text is null or country = $4)
)
select
    case when $5::text is null then (select count(*) from matching) end as total,
    listed.*
from (values (1)) one
left join (
    select * from matching where id > coalesce($5, '') order by id limit $1 offset $2
) listed on true
order by listed.id
