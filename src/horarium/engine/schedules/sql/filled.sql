-- The due times of a span that have a firing of their own already.
-- Carried by the primary key.
select due_at from horarium.firings where schedule = $1 and due_at between $2 and $3
