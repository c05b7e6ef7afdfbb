-- A place for the lines of the file as they come, gone with the transaction.
create temp table import_lines (
    order_id text collate "C" not null,
    placed_at timestamptz not null,
    user_id text collate "C",
    country text,
    product_id text collate "C" not null,
    description text,
    quantity integer not null,
    price numeric not null,
    kind text not null,
    position bigint not null
) on commit drop
