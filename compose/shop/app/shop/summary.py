"""The summary of sales by day and product."""

SUMMARISE = (
    "REPLACE INTO sales_by_day (sold_on, product_id, quantity) "
    "SELECT sold_on, product_id, SUM(quantity) FROM sales GROUP BY sold_on, product_id"
)
