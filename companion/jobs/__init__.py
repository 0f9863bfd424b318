"""Resumable jobs of many stages."""
