"""Jobs: what they are, how they live, and the ledger that keeps them."""
