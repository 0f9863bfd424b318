"""Composition root: settings and paths in, a wired companion out."""
