"""Work of minutes to days in stages: each remembers what it was made from, and goes on where it was cut off."""
