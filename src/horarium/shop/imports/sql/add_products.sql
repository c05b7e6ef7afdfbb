-- Adds the products that are not there, uncounted and under their code until their items are in.
insert into shop.products (id, name, currency)
select distinct product_id, product_id, $1 from import_lines
where product_id is not null
on conflict (id) do nothing
