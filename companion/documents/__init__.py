"""Read documents of many formats and cut them into passages that know their place in the source."""
