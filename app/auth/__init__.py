"""People, authorities, tablets and their keys: who is calling, and how a tablet becomes known."""
