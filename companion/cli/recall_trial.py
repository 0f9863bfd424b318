"""Whether what characters draw on can be found: an index is opened for a moment, filled and asked."""

from __future__ import annotations

from companion.domain.cancel import CancelToken
from companion.errors import StoreError
from companion.ports import IndexItem
from companion.workers.spec import RecallSpec

_COLLECTION = "trial"
_ITEMS = (
    IndexItem("door", "外婆把铜钥匙交给小满，说好好收着。", order=1),
    IndexItem("flood", "那年夏天发了大水，茶馆的地窖全淹了。", order=2),
    IndexItem("sea", "The keeper watched the sea from the lighthouse.", order=3),
)
_QUESTIONS = (("铜钥匙在谁那里？", "door"), ("Who watched the sea?", "sea"))


def try_index(spec: RecallSpec) -> str:
    """Start the recall worker on `spec`, ask what it was given, and return what answered.

    Blocks for 1-3 s. Raises CompanionError, StoreError when an answer is wrong.
    """
    from companion.workers.recall_client import RecallClient

    client = RecallClient(spec)
    try:
        info = client.sync(_COLLECTION, _ITEMS, CancelToken())
        for question, wanted in _QUESTIONS:
            found = [hit.id for hit in client.search(_COLLECTION, question, limit=1)]
            if found != [wanted]:
                raise StoreError(
                    f"The index answers '{question}' with {found or 'nothing'}.",
                    "Choose another embedding model in the settings under “Memory”.",
                    code="index",
                )
        client.drop(_COLLECTION)
        return f"{info.embedder} in {info.store} answers"
    finally:
        client.close()
