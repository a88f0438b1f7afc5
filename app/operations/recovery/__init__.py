"""Coming back: a store from a backup, what a store lacks from a file, and saying whether a store is whole."""
