-- The texts of these reviews ($1) that are still in these versions ($2) and not scored, by
-- reviews_unscored or the primary key. Nothing is locked: an edit does not wait for a score, which
-- then belongs to no text.
select r.id, r.text_version, r.text
from shop.reviews r
join unnest($1::text[], $2::integer[]) as wanted (id, text_version)
    on r.id = wanted.id and r.text_version = wanted.text_version
where r.scored_at is null and r.text is not null
order by r.id
