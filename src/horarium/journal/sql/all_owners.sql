-- Everybody whose days are written, by name. Carried by the primary key.
select owner from horarium.journal_owners order by owner
