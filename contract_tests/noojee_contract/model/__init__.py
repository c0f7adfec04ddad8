"""The values that all other packages share: exchanges, questions, outcomes, failures, archives."""
