-- Writes down since when firings are kept; never earlier than before.
insert into horarium.timetable as t (firings_from) values ($1)
on conflict (one) do update set firings_from = greatest(t.firings_from, excluded.firings_from)
