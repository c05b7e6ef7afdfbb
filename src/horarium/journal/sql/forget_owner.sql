-- Nothing ends of an owner any more; the next end makes them known again. Carried by the primary key.
delete from horarium.journal_owners where owner = $1
