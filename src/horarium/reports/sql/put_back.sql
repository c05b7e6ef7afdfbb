-- Puts back what `former_settings` gave. $1 to $6 as it gave them.
select
    set_config('timezone', $1, true), set_config('statement_timeout', $2, true),
    set_config('datestyle', $3, true), set_config('intervalstyle', $4, true),
    set_config('bytea_output', $5, true), set_config('extra_float_digits', $6, true)
