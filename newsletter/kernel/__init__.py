"""What every package may use: errors, the clock's types, ids. Standard library only."""
