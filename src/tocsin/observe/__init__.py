"""Looking at the system as its operators can: Prometheus, and invariants against the source of truth."""
