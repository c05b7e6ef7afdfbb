-- One row an order of the file: its time is that of its earliest line, its user the one that its
-- first line with a user names. Its freight is that of its lines; null where they tell none.
create temp table import_orders on commit drop as
select
    order_id as id,
    coalesce(min(kind), 'sale') as kind,
    min(status) as status,
    sum(freight) as freight,
    min(placed_at) as placed_at,
    (array_agg(user_id order by position) filter (where user_id is not null))[1] as user_id
from import_lines
group by order_id
