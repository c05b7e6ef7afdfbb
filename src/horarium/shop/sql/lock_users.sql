-- Which of these users there are; none of them is deleted before the transaction ends. By the
-- primary key.
select id
from shop.users
where id = any ($1::text[])
order by id
for key share
