-- Ends the wait of those that follow jobs which have just ended; the function says how.
-- Promises: in the transaction that ended them, in a statement after it.
-- Carried by the primary keys of dependencies and jobs.
select horarium.end_dependencies($1::text[], $2::text[], $3::timestamptz)
