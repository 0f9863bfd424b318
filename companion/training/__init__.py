"""Recipes that need torch; each runs in a process of its own and nothing imports them."""
