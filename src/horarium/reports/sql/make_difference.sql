-- What a build changes; it lasts as long as the build's transaction.
create temporary table if not exists difference (
    key text[] not null, former_position bigint, before text[], position bigint, after text[]
) on commit drop
