-- One review by the primary key.
select
    id, product_id, order_id, user_id, rating, text, written_at, polarity, language, model,
    scored_at, created_at, updated_at, text_version, version
from shop.reviews
where id = $1
