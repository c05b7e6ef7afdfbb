-- Builds of one day of one report go one after the other: whoever comes second waits here for the
-- first to commit, and its next statement, with a new snapshot, then sees what the first did. So
-- this stands in a statement of its own, before the building one. The lock ends with the
-- transaction. It is the day's and not the period's, for rows are kept by their day: were the
-- shop's zone changed, two different periods would write the rows of one day.
--
-- The plan is made for the very period: a generic one takes every period for a small one, and would
-- look up the lines of a million orders one by one. Our own building statement, which is long, is not
-- compiled: that took a third of the CPU of a day of 200,000 orders. $1 report, $2 day, $3 whether
-- it is that statement that comes.
select
    pg_advisory_xact_lock(hashtextextended('horarium report ' || $1::text || ' ' || $2::text, 0)),
    set_config('plan_cache_mode', 'force_custom_plan', true),
    set_config('jit', case when $3::boolean then 'off' else current_setting('jit') end, true),
    current_setting('transaction_isolation') as isolation
