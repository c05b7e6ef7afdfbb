-- Brings the staged reviews into the shop, by reviews_pkey: new ones are added, those that differ
-- altered, and a text that is another loses its score. Of two with one id the later line counts.
-- What is not in the shop (orders_pkey) is not referred to. One row for each that was touched.
insert into shop.reviews as kept (id, order_id, rating, text, written_at)
select distinct on (s.id) s.id, o.id, s.rating, s.text, s.written_at::timestamptz
from pg_temp.import_reviews s
left join shop.orders o on o.id = s.order_id
order by s.id, s.position desc
on conflict (id) do update
set order_id = coalesce(excluded.order_id, kept.order_id),
    rating = excluded.rating,
    text = excluded.text,
    written_at = excluded.written_at,
    text_version = kept.text_version + (kept.text is distinct from excluded.text)::integer,
    polarity = case when kept.text is not distinct from excluded.text then kept.polarity end,
    language = case when kept.text is not distinct from excluded.text then kept.language end,
    model = case when kept.text is not distinct from excluded.text then kept.model end,
    scored_at = case when kept.text is not distinct from excluded.text then kept.scored_at end,
    updated_at = now()
where (kept.rating, kept.text, kept.written_at) is distinct from
        (excluded.rating, excluded.text, excluded.written_at)
    or (excluded.order_id is not null and kept.order_id is distinct from excluded.order_id)
returning
    id, text_version, scored_at is null and text is not null as is_unscored, xmax = 0 as is_new
