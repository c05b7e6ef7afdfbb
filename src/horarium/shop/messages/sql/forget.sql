-- Takes back the ids ($2) of messages of a queue ($1) that were refused: sent again, from the dead
-- queue say, they are tried again. By the primary key.
delete from shop.messages where queue = $1 and id = any ($2::text[])
