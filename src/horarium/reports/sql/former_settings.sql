-- The settings that `read_only` changes, as they are now.
select
    current_setting('timezone'), current_setting('statement_timeout'),
    current_setting('datestyle'), current_setting('intervalstyle'), current_setting('bytea_output'),
    current_setting('extra_float_digits')
