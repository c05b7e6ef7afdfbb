-- Makes the rows of the order report of a period equal to its orders, and answers with what changed
-- and with the period's figures, all of one snapshot. A row keeps its id as long as its order is
-- the period's. Rows made by hand stay, unless the period has the same order.
-- '2026-03-02Z' start, '2026-03-03Z' end, '2026-03-02' first day, 'orders' report, null the time (null: now).
--
-- orders_placed carries small periods, a scan large ones; the planner knows how large. It does not
-- know how many rows the day has, for they may be newer than its statistics, so nothing here joins
-- the day's rows but a full join, which cannot fall into nested loops: rows are removed by their
-- place and altered through reports_order_of_day, neither of which is a join. The first build of a
-- day, known by `reported`, inserts straight from `orders`: there is nothing to compare with, and
-- `difference` is never computed. The lines are read once: an order's products stand with it until
-- they are counted, which is cheaper than joining them again. Of a large period only those stand
-- there that are not known as `common`: what some of its orders hold is one of its products.
with instant as (
    select coalesce(null::timestamptz, statement_timestamp()) as at
),
reported as (
    select exists (select from shop.reports where report_at = '2026-03-02'::date) as before
),
common as materialized (
    -- Of five thousand orders after the first twenty thousand: a smaller period has none, for there
    -- counting costs less than reading orders twice. `offset 0` keeps this a look at each order;
    -- the planner, which misjudges a limit, would join all lines.
    select distinct found.product_id as product
    from (
        select id from shop.orders
        where placed_at >= '2026-03-02Z'::timestamptz and placed_at < '2026-03-03Z'::timestamptz
        order by placed_at
        offset 20000 limit 5000
    ) o
    cross join lateral (
        select product_id from shop.order_items where order_id = o.id offset 0
    ) found
),
-- A common product is known by a bit at its hash, which takes half the time of looking it up. Where
-- two products share a hash, neither has a bit, so that no other is taken for a common one.
marked as materialized (
    select hashtext(id) & 262143 as place
    from shop.products
    where exists (select from common)
    group by place
    having count(*) = 1 and min(id) in (select product from common)
),
known as materialized (
    select
        rpad(string_agg(lpad('1', gap, '0'), '' order by place), 262144, '0')::bit varying as marks
    from (select place, place - lag(place, 1, -1) over (order by place) as gap from marked) gaps
),
orders as materialized (
    -- `other` lines are those that no sale has: few, so that the sums of sales are the remainder. Each
    -- line is asked once whether it is one; their sums are looked up where a sale has any. Asking
    -- again for each sum took a tenth of the time of all.
    select
        o.id, o.kind, o.currency,
        o.kind = 'sale' and o.status = 'cancelled' as is_cancelled,
        count(i.line)::integer as lines,
        coalesce(sum(i.quantity), 0) as units,
        case
            when o.freight = 0 then coalesce(sum(i.quantity * i.price), 0)
            else coalesce(sum(i.quantity * i.price), 0) + o.freight
        end as value,
        o.freight,
        count(*) filter (where i.quantity <= 0 or i.price <= 0) as other_lines,
        case when count(*) filter (where i.quantity <= 0 or i.price <= 0) > 0 and o.kind = 'sale'
            then (
                select sum(other.quantity) from shop.order_items other
                where other.order_id = o.id and (other.quantity <= 0 or other.price <= 0)
            ) else 0
        end as other_units,
        case when count(*) filter (where i.quantity <= 0 or i.price <= 0) > 0 and o.kind = 'sale'
            then (
                select sum(other.quantity * other.price) from shop.order_items other
                where other.order_id = o.id and (other.quantity <= 0 or other.price <= 0)
            ) else 0
        end as other_value,
        array_agg(i.product_id) filter (
            where (get_bit((select marks from known), hashtext(i.product_id) & 262143) = 1) is not true
        ) as products
    from shop.orders o
    left join shop.order_items i on i.order_id = o.id
    where o.placed_at >= '2026-03-02Z'::timestamptz and o.placed_at < '2026-03-03Z'::timestamptz
    group by o.id
),
difference as materialized (
    select o.id, o.lines, o.value, o.currency, r.ctid as row, r.order_id,
        r.by_hand, r.count_product, r.total_amount, r.currency as row_currency
    from orders o
    full join (select ctid, * from shop.reports where report_at = '2026-03-02'::date) r on r.order_id = o.id
    where (select before from reported)
        and (r.count_product, r.total_amount, r.currency, r.by_hand)
            is distinct from (o.lines, o.value, o.currency, false)
),
removed as (
    delete from shop.reports
    where ctid = any (array(select row from difference where id is null and not by_hand))
),
altered as (
    insert into shop.reports as r (report_at, order_id, count_product, total_amount, currency)
    select '2026-03-02'::date, id, lines, value, currency
    from difference where id is not null and row is not null
    on conflict (report_at, order_id) do update set
        count_product = excluded.count_product,
        total_amount = excluded.total_amount,
        currency = excluded.currency,
        by_hand = false
),
added as (
    insert into shop.reports (report_at, order_id, count_product, total_amount, currency, created_at)
    select '2026-03-02'::date, id, lines, value, currency, (select at from instant)
    from orders where not (select before from reported)
),
added_later as (
    insert into shop.reports (report_at, order_id, count_product, total_amount, currency, created_at)
    select '2026-03-02'::date, id, lines, value, currency, (select at from instant)
    from difference where row is null
),
-- What this changes is kept as of the revision that comes of it, as `report_changes` says. A first
-- revision adds everything, of which nothing is kept.
coming as (
    select coalesce(max(revision), 0) + 1 as revision
    from horarium.report_revisions
    where report = 'orders'::text and starts_at = '2026-03-02Z'::timestamptz
),
kept as (
    insert into horarium.report_changes (
        report, starts_at, revision, number, key, position, before, after
    )
    select
        'orders', '2026-03-02Z', (select revision from coming), row_number() over (order by key), array[key], 0,
        before, after
    from (
        select
            coalesce(d.id, d.order_id) as key,
            case when d.row is not null then array[
                d.order_id, d.count_product::text, d.total_amount::text, d.row_currency,
                d.by_hand::text
            ] end as before,
            case when d.id is not null then array[
                d.id, d.lines::text, d.value::text, d.currency, 'false'
            ] end as after
        from difference d
        where d.id is not null or not d.by_hand
        union all
        select id, null, array[id, lines::text, value::text, currency, 'false']
        from orders
        where not (select before from reported) and (select revision from coming) > 1
    ) changes
),
counted as (
    select
        currency, lines, units, value, freight,
        kind = 'sale' and not is_cancelled and lines > other_lines as is_sale,
        lines - other_lines as sale_lines,
        units - other_units as sale_units,
        case when other_lines = 0 then value else value - other_value end as sale_value,
        kind = 'cancellation' as is_refund,
        is_cancelled
    from orders
    union all
    select row_currency, count_product, 0, total_amount, 0, false, 0, 0, 0, false, false
    from difference where id is null and by_hand
),
totals as (
    select
        currency,
        count(*) as orders,
        sum(lines) as lines,
        sum(units) as units,
        sum(value)::text as value,
        sum(freight)::text as freight,
        count(*) filter (where is_sale) as sale_orders,
        coalesce(sum(sale_lines) filter (where is_sale), 0) as sale_lines,
        coalesce(sum(sale_units) filter (where is_sale), 0) as sale_units,
        coalesce(sum(sale_value) filter (where is_sale), 0)::text as sale_value,
        coalesce(sum(freight) filter (where is_sale), 0)::text as sale_freight,
        count(*) filter (where is_refund) as refund_orders,
        coalesce(sum(lines) filter (where is_refund), 0) as refund_lines,
        coalesce(sum(units) filter (where is_refund), 0) as refund_units,
        coalesce(sum(value) filter (where is_refund), 0)::text as refund_value,
        coalesce(sum(freight) filter (where is_refund), 0)::text as refund_freight,
        count(*) filter (where is_cancelled) as cancelled_orders,
        coalesce(sum(lines) filter (where is_cancelled), 0) as cancelled_lines,
        coalesce(sum(units) filter (where is_cancelled), 0) as cancelled_units,
        coalesce(sum(value) filter (where is_cancelled), 0)::text as cancelled_value,
        coalesce(sum(freight) filter (where is_cancelled), 0)::text as cancelled_freight
    from counted
    group by currency
),
changes as (
    select
        count(*) filter (where row is null) as added,
        count(*) filter (where id is null and not by_hand) as removed,
        count(*) filter (where id is not null and row is not null) as altered
    from difference
)
select
    instant.at,
    (select coalesce(sum(orders), 0)::bigint from totals) as row_count,
    case
        when before then changes.added else (select coalesce(sum(orders), 0)::bigint from totals)
    end as rows_added,
    changes.removed as rows_removed,
    changes.altered as rows_altered,
    (select coalesce(jsonb_agg(to_jsonb(totals)), '[]') from totals) as totals,
    (
        select (select count(*) from marked) + count(product)
        from (select distinct unnest(products) as product from orders) found
    ) as distinct_products,
    (select currency from shop.profile) as currency,
    (
        select summary from horarium.report_periods
        where report = 'orders'::text and starts_at = '2026-03-02Z'::timestamptz
    ) as former
from instant, reported, changes
