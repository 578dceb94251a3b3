"""The nouns: frozen, comparable values without I/O and without a clock."""
