-- The span of an owner's day, if it was written when it was over, and where its neighbours end and
-- begin. Carried by the primary key.
select
    (select array[d.starts_at, d.ends_at] from horarium.journal_days d
     where d.owner = $1 and d.day = $2 and d.final) as span,
    (select d.zone from horarium.journal_days d
     where d.owner = $1 and d.day = $2 and d.final) as zone,
    (select max(d.ends_at) from horarium.journal_days d
     where d.owner = $1 and d.day < $2 and d.final) as before,
    (select min(d.starts_at) from horarium.journal_days d
     where d.owner = $1 and d.day > $2 and d.final) as after
