"""What the clause functions share."""
