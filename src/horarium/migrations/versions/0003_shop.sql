-- The shop: what the built-in reports read. Ids are text, so that a shop keeps its own order
-- numbers and product codes; ids made here are UUIDv7. Money is numeric without a fixed scale:
-- thousandths stay thousandths.

create schema shop;

create table shop.profile (
    singleton boolean primary key default true check (singleton),
    zone text not null,
    currency text not null check (currency ~ '^[A-Z]{3}$')
);
comment on table shop.profile is 'one row: the zone whose days the reports count, and the money';

create table shop.users (
    id text collate "C" primary key check (length(id) between 1 and 255),
    name text check (length(name) between 1 and 500),
    email text check (length(email) between 3 and 320),
    country text,
    zone text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
-- Forbids two users with one address, however it is written.
create unique index users_email on shop.users (lower(email)) where email is not null;

create table shop.products (
    id text collate "C" primary key check (length(id) between 1 and 255),
    name text not null check (length(name) between 1 and 500),
    price numeric check (price >= 0),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    stock integer check (stock >= 0),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on column shop.products.stock is 'null: not counted, as for products of imported orders';

create table shop.orders (
    id text collate "C" primary key check (length(id) between 1 and 255),
    user_id text collate "C" references shop.users,
    kind text not null default 'sale' check (kind in ('sale', 'cancellation', 'adjustment')),
    status text not null default 'placed'
        check (status in ('placed', 'paid', 'shipped', 'delivered', 'cancelled', 'returned')),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    placed_at timestamptz not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on column shop.orders.kind is
    'sale; cancellation: an order of its own with negative quantities; adjustment: bookkeeping';
-- Serves a report's period, and lists by time.
create index orders_placed on shop.orders (placed_at);
-- Serves a user's orders.
create index orders_user on shop.orders (user_id) where user_id is not null;

create table shop.order_items (
    order_id text collate "C" not null references shop.orders on delete cascade,
    line integer not null check (line > 0),
    product_id text collate "C" not null references shop.products,
    description text,
    quantity integer not null check (quantity <> 0),
    price numeric not null,
    primary key (order_id, line)
);
comment on column shop.order_items.price is
    'of one unit, in the order''s currency, as it was paid; negative in bookkeeping lines';
-- Serves the question who bought a product, and its deletion.
create index order_items_product on shop.order_items (product_id);

create table shop.reviews (
    id text collate "C" primary key check (length(id) between 1 and 255),
    product_id text collate "C" references shop.products,
    order_id text collate "C" references shop.orders on delete set null,
    user_id text collate "C" references shop.users,
    score smallint check (score between 1 and 5),
    text text,
    polarity double precision check (polarity between -1 and 1),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

-- What the orders say now, one row an order, by the day of the shop's zone.
create view shop.order_reports as
select
    (o.placed_at at time zone (select zone from shop.profile))::date as report_at,
    o.id as order_id,
    count(i.line)::integer as count_product,
    coalesce(sum(i.quantity * i.price), 0) as total_amount
from shop.orders o
left join shop.order_items i on i.order_id = o.id
group by o.id;
