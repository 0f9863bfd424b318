"""A voice in the Piper-medium shape, trained with the Coqui model: run as `python -m companion.training.vits JOBFILE`."""
