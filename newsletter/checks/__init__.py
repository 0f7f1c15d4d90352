"""What is wrong with this draft, and whether it may be approved."""
