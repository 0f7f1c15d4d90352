"""How mail leaves: one module per provider, each knowing only `base`."""
