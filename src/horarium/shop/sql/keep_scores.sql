-- Keeps the scores of these reviews, by the primary key, where the text is still the one that was
-- scored; returns which. $1 ids, $2 versions of their texts, $3 polarities, $4 languages, $5 models.
update shop.reviews r
set polarity = scored.polarity, language = scored.language, model = scored.model,
    scored_at = now()
from unnest($1::text[], $2::integer[], $3::float8[], $4::text[], $5::text[])
    as scored (id, text_version, polarity, language, model)
where r.id = scored.id and r.text_version = scored.text_version and r.scored_at is null
returning r.id
