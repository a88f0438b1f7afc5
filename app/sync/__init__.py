"""The heart: custody, merge, streams, snapshots and live pokes (docs/sync.md)."""
