"""What the memories page shows while she knows nothing yet, or nothing was found."""

from __future__ import annotations

from companion.gui.controls.invitation import Invitation
from companion.gui.inert import plain_name
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr


class EmptyMemories(Invitation):
    """An invitation to tell her something; `show_search` says that nothing was found instead."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__(look, "memory")
        self._who, self._words = plain_name(name), ""
        Texts(self).also(self._write)
        self._write()

    def show_search(self, words: str) -> None:
        """Say that nothing was found for `words`; without words, invite."""
        self._words = words
        self._write()

    def _write(self) -> None:
        if self._words:
            self.show_words(tr("Nothing found for “{text}”.", text=plain_name(self._words)))
            return
        self.show_words(
            tr("{name} does not know much about you yet", name=self._who),
            tr("Talk with her. What she remembers appears here, and you can correct whatever is wrong."),
            tr("“Call me Lin.”\n“I am allergic to peanuts.”\n“On Friday I have an exam.”"),
        )
