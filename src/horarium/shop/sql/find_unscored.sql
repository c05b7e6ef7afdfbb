-- Up to $2 reviews after the id $1 whose text is still to be scored, by id: reviews_unscored.
select id, text_version
from shop.reviews
where id > $1 and scored_at is null and text is not null
order by id
limit $2
