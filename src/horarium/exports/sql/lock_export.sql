-- Has attempts to keep the file of an export take turns, by the primary key. $1 id.
select from horarium.exports where id = $1 for update
