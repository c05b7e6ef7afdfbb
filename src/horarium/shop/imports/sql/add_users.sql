-- Adds the users that are not there. A file of order lines knows no names.
insert into shop.users (id)
select distinct user_id from import_lines where user_id is not null
on conflict (id) do nothing
