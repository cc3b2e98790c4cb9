"""The append-only record of a run: events and samples; folding, replaying and reading it."""
