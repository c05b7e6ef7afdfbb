-- Keeps the ids of messages ($2) of a queue ($1), and tells which were not there before; the primary
-- key forbids that two transactions do one message, the second waits and finds it done. In the order
-- of the ids, so that two consumers cannot wait for each other.
insert into shop.messages (queue, id)
select $1, id from unnest($2::text[]) as new (id) order by id
on conflict do nothing
returning id
