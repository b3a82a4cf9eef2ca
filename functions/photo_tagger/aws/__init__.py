"""The tables, buckets, parameters and secrets behind the domain."""
