"""The language model that `companion forge --ask-model` asks who speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from companion import settings as settings_file
from companion import wiring
from companion.domain.cancel import CancelToken
from companion.engines.catalog import load_catalog
from companion.forge.choosing import chooser
from companion.forge.extraction import Extraction
from companion.forge.speakers import Attribution
from companion.paths import Paths, bundled
from companion.ports import LanguageModel


@contextmanager
def chooser_of(
    home: Path | None, progress: Callable[[int, int], None]
) -> Iterator[Callable[[Extraction], Sequence[Attribution]]]:
    """Start the language worker of the settings and yield what chooses with it; it ends with the block."""
    with opened_client(home) as client:
        yield chooser(client, CancelToken(), progress=progress)


@contextmanager
def opened_client(home: Path | None) -> Iterator[LanguageModel]:
    """Start the language worker of the settings and yield its client; it ends with the block."""
    from companion.workers.clients import LanguageClient

    paths = Paths.under(home) if home else Paths.for_user()
    paths.make()
    settings, _ = settings_file.load(paths.settings)
    catalog = load_catalog(bundled("models") / "catalog.toml")
    cancel = CancelToken()
    spec = wiring.language_spec(settings, paths, catalog, progress=lambda done, total: None, cancel=cancel)
    client = LanguageClient(spec, on_event=lambda event: None, cancel=cancel)
    try:
        yield client
    finally:
        client.close()
