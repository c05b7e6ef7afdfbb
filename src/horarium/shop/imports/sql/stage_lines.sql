-- A place for the lines of the file as they come, gone with the transaction. One without a product
-- is an order alone; one without a time belongs to an order that has another line with one.
create temp table import_lines (
    order_id text collate "C" not null,
    placed_at timestamptz,
    user_id text collate "C",
    country text,
    product_id text collate "C",
    description text,
    quantity integer,
    price numeric,
    kind text,
    status text,
    freight numeric,
    position bigint not null
) on commit drop
