-- The lines numbered within their order, in the order of the file, adjacent or not.
create temp table import_items on commit drop as
select
    order_id,
    row_number() over (partition by order_id order by position)::integer as line,
    product_id,
    description,
    quantity,
    price
from import_lines
where product_id is not null
