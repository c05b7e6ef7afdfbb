-- Forbids writing for the rest of a savepoint, and settles how values are read and written.
-- $1 zone, $2 milliseconds that a statement may take.
select
    set_config('timezone', $1, true), set_config('statement_timeout', $2, true),
    set_config('datestyle', 'ISO, YMD', true), set_config('intervalstyle', 'postgres', true),
    set_config('bytea_output', 'hex', true), set_config('extra_float_digits', '1', true),
    set_config('transaction_read_only', 'on', true)
