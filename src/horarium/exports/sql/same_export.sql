-- The export of the same rows in the same form, if one may be had; the unique key carries it.
-- $1 key.
select id from horarium.exports
where reuse = $1 and (expires_at is null or expires_at > now())
