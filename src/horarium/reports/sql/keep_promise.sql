-- Keeps how a promise stands, and raises an alert where that is bad news, or good news after bad:
-- one a period and state, by whoever comes first (one_alert_a_state). What has been ready once stays
-- ready. A period that nobody judged before it was ready, too late, is an alert as well.
-- Returns how many alerts were raised. The primary key carries it.
-- $1 report, $2 start, $3 end, $4 day, $5 deadline, $6 state, $7 reason, $8 ready at, $9 the time.
with kept as (
    insert into horarium.report_promises as known (
        report, starts_at, ends_at, day, deadline, state, reason, since, ready_at
    )
    values (
        $1::text, $2::timestamptz, $3::timestamptz, $4::date, $5::timestamptz, $6::text, $7::text,
        $9::timestamptz, $8::timestamptz
    )
    on conflict (report, starts_at) do update set
        deadline = excluded.deadline,
        state = excluded.state,
        reason = excluded.reason,
        since = case when known.state = excluded.state then known.since else excluded.since end,
        ready_at = excluded.ready_at
    where known.ready_at is null
    returning *
),
judged as (
    select kept.*, former.states,
        case
            when kept.state = 'ready' and former.states is null then 'late' else kept.state
        end as alert
    from kept, (
        select array_agg(state) as states from horarium.report_alerts
        where report = $1 and starts_at = $2
    ) former
),
raised as (
    insert into horarium.report_alerts (
        report, starts_at, ends_at, day, deadline, state, reason, raised_at
    )
    select report, starts_at, ends_at, day, deadline, alert, reason, $9
    from judged
    where alert <> all (coalesce(states, '{}')) and (
        state in ('at risk', 'late')
        or (state = 'ready' and (states is not null or ready_at > deadline))
    )
    on conflict on constraint one_alert_a_state do nothing
    returning id
)
select count(*) from raised
