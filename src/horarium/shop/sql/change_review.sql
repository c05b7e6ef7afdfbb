-- Changes one review ($1), by the primary key: $2 rating, $4 whether it gets the text $3. Another
-- text is another version, which is not scored yet; the same text again changes nothing of that.
update shop.reviews as r
set rating = coalesce($2::integer, r.rating),
    text = new.text,
    text_version = r.text_version + new.differs::integer,
    polarity = case when not new.differs then r.polarity end,
    language = case when not new.differs then r.language end,
    model = case when not new.differs then r.model end,
    scored_at = case when not new.differs then r.scored_at end,
    updated_at = now()
from (
    select
        id,
        case when $4::boolean then $3::text else text end as text,
        $4::boolean and text is distinct from $3::text as differs
    from shop.reviews
    where id = $1
    for update
) new
where r.id = new.id
returning
    r.id, r.product_id, r.order_id, r.user_id, r.rating, r.text, r.written_at, r.polarity,
    r.language, r.model, r.scored_at, r.created_at, r.updated_at, r.text_version, r.version, new.differs
