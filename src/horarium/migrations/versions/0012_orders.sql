-- Orders that are changed: versions that forbid lost updates, stock that is given back exactly
-- once, requests that may be repeated, changes that reports read; and acts that arrive as messages.

-- Versions: each row has one that no other state of any row ever had, so that an edit can name what
-- it was made from, also where a row was deleted and made again. A trigger keeps it, for imports
-- and other SQL write these tables too.
create sequence shop.versions;
alter table shop.users add column version bigint not null default nextval('shop.versions');
alter table shop.products add column version bigint not null default nextval('shop.versions');
alter table shop.orders add column version bigint not null default nextval('shop.versions');

create function shop.renew_version() returns trigger language plpgsql as $$
begin
    new.version := nextval('shop.versions');
    return new;
end $$;
create trigger users_version before update on shop.users
    for each row execute function shop.renew_version();
create trigger products_version before update on shop.products
    for each row execute function shop.renew_version();
create trigger orders_version before update on shop.orders
    for each row execute function shop.renew_version();

-- Stock: a line knows how many it holds, so that giving back is a fact and no calculation.
alter table shop.order_items add column taken integer not null default 0 check (taken >= 0);
comment on column shop.order_items.taken is
    'how many of the product''s stock this line holds; 0 once given back, or never counted';
update shop.order_items i
set taken = i.quantity
from shop.orders o, shop.products p
where o.id = i.order_id and p.id = i.product_id
    and o.kind = 'sale' and o.status in ('placed', 'paid')
    and p.stock is not null and i.quantity > 0;

-- Requests that may be repeated.
alter table shop.orders add column idempotency_key text
    check (length(idempotency_key) between 1 and 255);
alter table shop.orders add column request bytea;
comment on column shop.orders.request is
    'a hash of what was asked for: the same request under the same id or key is a repeat';
-- Forbids two orders of one key, however many processes are asked at once.
create unique index orders_idempotency_key on shop.orders (idempotency_key)
    where idempotency_key is not null;

-- What reports have to look at again. A row says that orders placed within the quarter of an hour
-- from `ordered_at` were added, altered or removed: no zone of today begins its days elsewhere, so one
-- table serves the days of every zone, and the hours. An order that moves leaves two rows, one for
-- where it was.
--
-- Rows are only added, in the transaction that changes the orders, and carry no unique key: writers
-- of one day never wait for each other here. The reader deletes what it sees in the transaction
-- that marks or rebuilds the periods (delete … returning ordered_at); what commits later stays for
-- the next look. No column tells what was seen: a lower one may be committed after a higher one.
create table shop.changed_days (
    ordered_at timestamptz not null,
    changed_at timestamptz not null default clock_timestamp()
);

-- One row a slot and statement, so that an import of a year leaves some thousands. Changing items
-- touches the order (its version), so that orders alone are watched.
create function shop.note_changes() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into shop.changed_days (ordered_at)
        select distinct date_bin('15 minutes', placed_at, '2000-01-01 00:00+00') from added;
    elsif tg_op = 'DELETE' then
        insert into shop.changed_days (ordered_at)
        select distinct date_bin('15 minutes', placed_at, '2000-01-01 00:00+00') from removed;
    else
        insert into shop.changed_days (ordered_at)
        select date_bin('15 minutes', placed_at, '2000-01-01 00:00+00') from added
        union
        select date_bin('15 minutes', placed_at, '2000-01-01 00:00+00') from removed;
    end if;
    return null;
end $$;
create trigger orders_added after insert on shop.orders
    referencing new table as added
    for each statement execute function shop.note_changes();
create trigger orders_altered after update on shop.orders
    referencing old table as removed new table as added
    for each statement execute function shop.note_changes();
create trigger orders_removed after delete on shop.orders
    referencing old table as removed
    for each statement execute function shop.note_changes();

-- Acts that arrived as messages and were done: a repeat finds its id here and does nothing.
create table shop.messages (
    queue text not null,
    id text collate "C" not null check (length(id) between 1 and 255),
    received_at timestamptz not null default now(),
    primary key (queue, id)
);
-- Serves retention.
create index messages_received on shop.messages (received_at);

-- How many messages came to which end. Several rows a pair, one a slot, so that consumers that
-- commit at the same time seldom wait for each other; readers add them up.
create table shop.message_counts (
    queue text not null,
    outcome text not null check (outcome in ('done', 'repeated', 'refused', 'unreadable')),
    slot smallint not null,
    count bigint not null,
    primary key (queue, outcome, slot)
);
