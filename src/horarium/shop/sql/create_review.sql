-- Adds a review, if what it refers to is there and its id is not taken (reviews_pkey). One row comes
-- back: what is known of the references and, with a null id where nothing was added, the review.
-- $1 id, $2 product, $3 order, $4 user, $5 rating, $6 text, $7 written_at or null: now.
with known as materialized (
    select
        $2::text is null or exists (select from shop.products where id = $2) as product_known,
        $3::text is null or exists (select from shop.orders where id = $3) as order_known,
        $4::text is null or exists (select from shop.users where id = $4) as user_known
), added as (
    insert into shop.reviews (id, product_id, order_id, user_id, rating, text, written_at)
    select $1::text, $2, $3, $4, $5::integer, $6::text, coalesce($7::timestamptz, now())
    from known
    where product_known and order_known and user_known
    on conflict do nothing
    returning *
)
select
    product_known, order_known, user_known, added.id, product_id, order_id, user_id, rating, text,
    written_at, polarity, language, model, scored_at, created_at, updated_at, text_version, version
from known left join added on true
