-- Whether a token was ever made; one that was revoked counts.
select exists (select from horarium.tokens)
