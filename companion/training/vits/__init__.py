"""Trains a voice in the Piper-medium shape with the Coqui model: `python -m companion.training.vits JOBFILE`."""
