-- Adds a row by hand, unless the day's report has its order or the day itself has: no row comes
-- then. reports_order_of_day forbids the one, the primary key of orders finds the other.
-- The row is kept as a change of the revision that the build after it makes, before that build's
-- own, which are numbered from 1; a first revision keeps none.
-- $1 day, $2 order, $3 item lines, $4 amount, $5 currency, $6 start and $7 end of the day.
with added as (
    insert into shop.reports (report_at, order_id, count_product, total_amount, currency, by_hand)
    select $1::date, $2::text, $3::integer, $4::numeric, $5::text, true
    where not exists (
        select from shop.orders
        where id = $2 and placed_at >= $6::timestamptz and placed_at < $7::timestamptz
    )
    on conflict (report_at, order_id) do nothing
    returning id, report_at, order_id, count_product, total_amount, currency, created_at, by_hand
),
kept as (
    insert into horarium.report_changes (
        report, starts_at, revision, number, key, position, before, after
    )
    select
        'orders', $6, newest.revision + 1, 0, array[order_id], 0, null,
        array[order_id, count_product::text, total_amount::text, currency, 'true']
    from added, (
        select max(revision) as revision from horarium.report_revisions
        where report = 'orders' and starts_at = $6
    ) newest
    where newest.revision is not null
)
select * from added
