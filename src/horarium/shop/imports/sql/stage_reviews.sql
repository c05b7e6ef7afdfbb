-- An empty stage for the reviews of one file, as they are read; gone with the transaction.
create temporary table import_reviews (
    id text collate "C" not null,
    order_id text collate "C" not null,
    rating smallint not null,
    text text,
    written_at text not null,
    position integer not null
) on commit drop
