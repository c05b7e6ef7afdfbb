-- Forgets exports that expired, or were never made, more than a month ago. exports_expiry carries it.
delete from horarium.exports where coalesce(expires_at, created_at) < now() - interval '30 days'
