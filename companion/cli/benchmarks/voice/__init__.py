"""`companion bench voice`: the voice loop measured from recordings, a naive build of the same engines beside it."""

from companion.cli.benchmarks.voice.measure import Run, measure, soak

__all__ = ["Run", "measure", "soak"]
