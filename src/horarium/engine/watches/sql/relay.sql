-- Notifies whoever listens on the channel $1 of each payload.
select pg_notify($1, payload) from unnest($2::text[]) as payload
