-- The shop's tables. Sales days count from the data set's first day; no wall clock is in the data.
CREATE TABLE users (
    id INT UNSIGNED PRIMARY KEY,
    name VARCHAR(60) NOT NULL
) ENGINE=InnoDB;

CREATE TABLE products (
    id INT UNSIGNED PRIMARY KEY,
    name VARCHAR(80) NOT NULL,
    description VARCHAR(400) NOT NULL,
    price INT UNSIGNED NOT NULL,
    stock INT UNSIGNED NOT NULL
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
    UNIQUE KEY one_per_user (event_id, user_id)
) ENGINE=InnoDB;

-- What clients were told: filled when the invariants are checked.
CREATE TABLE coupon_receipts (
    event_id INT UNSIGNED NOT NULL,
    user_id INT UNSIGNED NOT NULL,
    PRIMARY KEY (event_id, user_id)
) ENGINE=InnoDB;

INSERT INTO coupon_events (id, total, counter) VALUES (1, 1000, 'redis');
