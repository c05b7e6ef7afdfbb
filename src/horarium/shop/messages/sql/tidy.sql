-- Forgets messages received more than $1 days ago, at most ten thousand of them: until then a repeat
-- is known as one. messages_received carries it.
delete from shop.messages
where (queue, id) in (
    select queue, id
    from shop.messages
    where received_at < now() - make_interval(days => $1)
    order by received_at
    limit 10000
)
