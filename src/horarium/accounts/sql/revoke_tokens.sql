-- Ends the tokens of an account that are not revoked yet, or the one of them that $2 names.
-- Carried by tokens_account.
with revoked as (
    update horarium.tokens set revoked_at = now()
    where account = $1 and revoked_at is null and ($2::text is null or id = $2)
    returning id
)
select (select count(*) from revoked) as count,
    exists (select from horarium.accounts where name = $1) as known
