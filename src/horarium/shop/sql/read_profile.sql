-- The shop's one profile, if it was settled.
select zone, currency from shop.profile
