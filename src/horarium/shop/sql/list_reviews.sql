-- A page of reviews, and the number of all that match. At least one row comes, with a null id where
-- the page is empty. $3 product (reviews_product), $4 order (reviews_order), $5 user (reviews_user),
-- $6 and $7 the first and the last day in the zone $8 (reviews_written), $9 and $10 the lowest and
-- the highest polarity, $11 whether the text is still to be scored (reviews_unscored), $12 the order:
-- newest, oldest, worst, best; those without a polarity come last of the latter two.
with matching as not materialized (
    select
        id, product_id, order_id, user_id, rating, text, written_at, polarity, language, model,
        scored_at, created_at, updated_at, text_version, version
    from shop.reviews
    where ($3::text is null or product_id = $3)
        and ($4::text is null or order_id = $4)
        and ($5::text is null or user_id = $5)
        and ($6::date is null or written_at >= $6::timestamp at time zone $8::text)
        and ($7::date is null or written_at < ($7::date + 1)::timestamp at time zone $8::text)
        and ($9::float8 is null or polarity >= $9)
        and ($10::float8 is null or polarity <= $10)
        and ($11::boolean is null or (scored_at is null and text is not null) = $11)
)
select (select count(*) from matching) as total, listed.*
from (values (1)) one
left join (
    select *
    from matching
    order by
        case $12::text when 'worst' then polarity when 'best' then -polarity end nulls last,
        case when $12 = 'oldest' then written_at end,
        written_at desc, id
    limit $1 offset $2
) listed on true
order by
    case $12 when 'worst' then listed.polarity when 'best' then -listed.polarity end nulls last,
    case when $12 = 'oldest' then listed.written_at end,
    listed.written_at desc, listed.id
