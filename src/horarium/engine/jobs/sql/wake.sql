-- Tells the workers of these queues that there is work; PostgreSQL folds repeats in a transaction.
select pg_notify($1, queue) from unnest($2::text[]) as queue
