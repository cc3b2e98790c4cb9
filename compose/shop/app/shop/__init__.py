"""The reference shop: products, rankings and first-come coupons, with the metric names of a Spring Boot service."""
