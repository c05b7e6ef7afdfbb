-- Makes this the shop's profile; one that is the same already is not written.
insert into shop.profile as p (zone, currency) values ($1, $2)
on conflict (singleton) do update set zone = excluded.zone, currency = excluded.currency
where (p.zone, p.currency) is distinct from (excluded.zone, excluded.currency)
