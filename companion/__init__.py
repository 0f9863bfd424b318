"""A desktop companion: listens, thinks, speaks and remembers on the user's own computer."""

__version__ = "0.1.0"
