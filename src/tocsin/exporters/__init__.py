"""Small programs that a stack runs beside its services: what Prometheus cannot ask the services themselves."""
