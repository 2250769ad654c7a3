"""What the kinds of scenario give, kept in folders."""
