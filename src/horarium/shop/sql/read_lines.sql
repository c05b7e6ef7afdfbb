-- The lines of one order with what they hold of the stock. The primary key carries it.
select line, product_id, description, quantity, price, taken
from shop.order_items
where order_id = $1
order by line
