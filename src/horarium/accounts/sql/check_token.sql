-- Whom a token lets in, given its hash. Carried by the unique index on it.
select a.name, a.role
from horarium.tokens t join horarium.accounts a on a.name = t.account
where t.hash = $1 and t.revoked_at is null and (t.expires_at is null or t.expires_at > now())
