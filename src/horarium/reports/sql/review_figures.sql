-- The figures of the reviews that were written in a period, and the worst of them: those below 0
-- with the lowest polarity. reviews_written carries it. At least one row comes, with a null id where
-- none is bad. $1 and $2 the half-open period, $3 how many of the worst, $4 characters of a text.
with written as materialized (
    select id, order_id, product_id, user_id, rating, polarity, scored_at, text, written_at
    from shop.reviews
    where written_at >= $1 and written_at < $2
)
select f.*, w.*
from (
    select
        count(*) as count,
        count(polarity) as scored,
        count(*) filter (where scored_at is null and text is not null) as unscored,
        avg(polarity) as mean_polarity,
        avg(rating)::float8 as mean_rating
    from written
) f
left join (
    select
        id, order_id, product_id, user_id, rating, polarity, left(text, $4::integer) as text,
        written_at
    from written
    where polarity < 0
    order by polarity, id
    limit $3
) w on true
order by w.polarity, w.id
