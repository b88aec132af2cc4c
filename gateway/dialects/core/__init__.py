"""What every dialect is made of, and what vendors share. Knows no vendor."""
