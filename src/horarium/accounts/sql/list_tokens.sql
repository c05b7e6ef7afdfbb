-- Tokens of an account, or of all where $1 is null, oldest first. Carried by tokens_account.
select id, account, name, created_at, expires_at, revoked_at,
    revoked_at is null and (expires_at is null or expires_at > now()) as valid
from horarium.tokens
where $1::text is null or account = $1
order by account, created_at, id
