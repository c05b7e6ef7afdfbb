-- Reviews, and what was made of their texts. A score belongs to one version of the text: scoring
-- that began before an edit finds another number, and writes nothing.

alter table shop.reviews rename column score to rating;
alter table shop.reviews
    alter column rating set not null,
    add column written_at timestamptz not null default now(),
    add column text_version integer not null default 1,
    add column language text,
    add column model text,
    add column scored_at timestamptz,
    -- Forbids a polarity that nobody can say the origin of.
    add constraint reviews_scored_whole check (
        (scored_at is null) = (language is null) and (scored_at is null) = (model is null)
        and (scored_at is not null or polarity is null)
    );
comment on column shop.reviews.polarity is
    'from -1 to 1; null: not scored yet, no text, or of a language that is not known';
comment on column shop.reviews.text_version is 'counts the texts that the review has had';

-- Serves lists by time, and the reviews of a report's period.
create index reviews_written on shop.reviews (written_at, id);
-- Each serves a list by what it refers to, and the deletion of that.
create index reviews_product on shop.reviews (product_id);
create index reviews_order on shop.reviews (order_id);
create index reviews_user on shop.reviews (user_id);
-- Serves the search for texts that are still to be scored.
create index reviews_unscored on shop.reviews (id) where scored_at is null and text is not null;
