-- The shop's tables. Sales days count from the data set's first day; no wall clock is in the data.
CREATE TABLE users (
    id INT UNSIGNED PRIMARY KEY,
    name VARCHAR(60) NOT NULL,
    opening_points INT UNSIGNED NOT NULL,
    points INT UNSIGNED NOT NULL
) ENGINE=InnoDB;

CREATE TABLE products (
    id INT UNSIGNED PRIMARY KEY,
    name VARCHAR(80) NOT NULL,
    description VARCHAR(400) NOT NULL,
    price INT UNSIGNED NOT NULL,
    stock INT UNSIGNED NOT NULL,
    initial_stock INT UNSIGNED NOT NULL,
    FULLTEXT KEY product_words (name)
) ENGINE=InnoDB;

CREATE TABLE product_views (
    product_id INT UNSIGNED PRIMARY KEY,
    views BIGINT UNSIGNED NOT NULL
) ENGINE=InnoDB;

-- One row per order: its product, quantity and day. sales_covering answers a ranking without touching the rows.
CREATE TABLE sales (
    id INT UNSIGNED PRIMARY KEY AUTO_INCREMENT,
    user_id INT UNSIGNED NOT NULL,
    product_id INT UNSIGNED NOT NULL,
    quantity INT UNSIGNED NOT NULL,
    price INT UNSIGNED NOT NULL,
    sold_on SMALLINT UNSIGNED NOT NULL,
    note VARCHAR(120) NOT NULL,
    KEY sales_covering (sold_on, product_id, quantity)
) ENGINE=InnoDB;

-- What was sold by day and product: made anew every hour, so it may be an hour behind.
CREATE TABLE sales_by_day (
    sold_on SMALLINT UNSIGNED NOT NULL,
    product_id INT UNSIGNED NOT NULL,
    quantity INT UNSIGNED NOT NULL,
    PRIMARY KEY (sold_on, product_id)
) ENGINE=InnoDB;

-- counter says who counts an event down while it is open: the Redis script, or the column `taken`.
-- `issued` is counted by the issuers. `follows` is unique: of several callers, one opens the next event.
CREATE TABLE coupon_events (
    id INT UNSIGNED PRIMARY KEY AUTO_INCREMENT,
    total INT UNSIGNED NOT NULL,
    counter ENUM('redis', 'database') NOT NULL,
    taken INT UNSIGNED NOT NULL DEFAULT 0,
    issued INT UNSIGNED NOT NULL DEFAULT 0,
    follows INT UNSIGNED NULL UNIQUE,
    opened TINYINT NOT NULL DEFAULT 0
) ENGINE=InnoDB;

CREATE TABLE coupon_reservations (
    event_id INT UNSIGNED NOT NULL,
    user_id INT UNSIGNED NOT NULL,
    PRIMARY KEY (event_id, user_id)
) ENGINE=InnoDB;

CREATE TABLE coupons (
    id BIGINT UNSIGNED PRIMARY KEY AUTO_INCREMENT,
    event_id INT UNSIGNED NOT NULL,
    user_id INT UNSIGNED NOT NULL,
    accepted_at TIMESTAMP(3) NOT NULL,
    issued_at TIMESTAMP(3) NOT NULL,
    order_id BIGINT UNSIGNED NULL,
    UNIQUE KEY one_per_user (event_id, user_id)
) ENGINE=InnoDB;

-- An order is paid with points in the transaction that makes it; the same key of the same user makes no second one.
CREATE TABLE orders (
    id BIGINT UNSIGNED PRIMARY KEY AUTO_INCREMENT,
    user_id INT UNSIGNED NOT NULL,
    request_key VARBINARY(64) NOT NULL,
    total INT UNSIGNED NOT NULL,
    coupon_event INT UNSIGNED NULL,
    status ENUM('paid', 'refunded') NOT NULL DEFAULT 'paid',
    ordered_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    UNIQUE KEY one_per_request (user_id, request_key)
) ENGINE=InnoDB;

CREATE TABLE order_items (
    order_id BIGINT UNSIGNED NOT NULL,
    product_id INT UNSIGNED NOT NULL,
    quantity INT UNSIGNED NOT NULL,
    price INT UNSIGNED NOT NULL,
    PRIMARY KEY (order_id, product_id)
) ENGINE=InnoDB;

-- Every change of a balance, with its sign; a balance is the opening one and the sum of these.
CREATE TABLE points_ledger (
    id BIGINT UNSIGNED PRIMARY KEY AUTO_INCREMENT,
    user_id INT UNSIGNED NOT NULL,
    order_id BIGINT UNSIGNED NULL,
    kind ENUM('charge', 'use', 'refund') NOT NULL,
    amount INT NOT NULL,
    changed_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    UNIQUE KEY once_per_order (order_id, kind),
    KEY by_user (user_id)
) ENGINE=InnoDB;

CREATE TABLE cart_items (
    user_id INT UNSIGNED NOT NULL,
    product_id INT UNSIGNED NOT NULL,
    quantity INT UNSIGNED NOT NULL,
    PRIMARY KEY (user_id, product_id)
) ENGINE=InnoDB;

-- Written with the order, sent to the broker afterwards: an order has its event, or neither exists.
CREATE TABLE outbox (
    id BIGINT UNSIGNED PRIMARY KEY AUTO_INCREMENT,
    order_id BIGINT UNSIGNED NOT NULL,
    user_id INT UNSIGNED NOT NULL,
    total INT UNSIGNED NOT NULL,
    sent TINYINT NOT NULL DEFAULT 0,
    UNIQUE KEY one_per_order (order_id),
    KEY unsent (sent, id)
) ENGINE=InnoDB;

-- What came out at the other end of the broker; an event may be delivered more than once and counts once.
CREATE TABLE order_events (
    order_id BIGINT UNSIGNED PRIMARY KEY,
    deliveries INT UNSIGNED NOT NULL
) ENGINE=InnoDB;

-- Stock set aside for an order that is being tried, until it is confirmed or cancelled.
CREATE TABLE stock_holds (
    user_id INT UNSIGNED NOT NULL,
    request_key VARBINARY(64) NOT NULL,
    product_id INT UNSIGNED NOT NULL,
    quantity INT UNSIGNED NOT NULL,
    held_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    PRIMARY KEY (user_id, request_key, product_id),
    KEY by_age (held_at)
) ENGINE=InnoDB;

-- What clients were told: filled when the invariants are checked.
CREATE TABLE order_receipts (
    order_id BIGINT UNSIGNED PRIMARY KEY
) ENGINE=InnoDB;

CREATE TABLE coupon_receipts (
    event_id INT UNSIGNED NOT NULL,
    user_id INT UNSIGNED NOT NULL,
    PRIMARY KEY (event_id, user_id)
) ENGINE=InnoDB;

INSERT INTO coupon_events (id, total, counter) VALUES (1, 1000, 'redis');
