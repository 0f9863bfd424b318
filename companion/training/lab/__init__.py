"""A toy language model from nothing: its own words, its own weights, its own file."""
