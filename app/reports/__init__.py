"""What is counted and told: figures straight from the read models."""
