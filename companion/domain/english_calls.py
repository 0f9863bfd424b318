"""What stands around a name in English when somebody is called, and when she is spoken about."""

from __future__ import annotations

import re
from typing import Final

HAILS: Final = re.compile(
    r"(?:\b(?:hey|yo|ok|okay|oh|um+|uh+|er|so|well|ah|say|psst|now|and|excuse me)[\s,.]*)+$"
)
"""A hail before the name; it means nothing without it."""

_GREETINGS: Final = (
    "hi|hello|hiya|good (?:morning|evening|afternoon|night)|morning|evening|goodnight|dear|my dear|sorry|thanks|"
    "thank you|please|yes|yeah|no|right|wait|listen|look|all right|alright|sure|bye|goodbye|welcome back|"
    "i'm (?:back|home)|help|stop"
)
_FILLERS: Final = "hey|yo|ok|okay|oh|um+|uh+|er|so|well|ah|say|psst|now|and|excuse me|but|then|just"
_LEAD: Final = re.compile(f"(?:(?:{_FILLERS}|{_GREETINGS}|there)(?:\\s+|$))*")
_HAILED: Final = re.compile(
    r"\b(?:hi|hello|hiya|hey|there|good (?:morning|evening|afternoon|night)|goodnight|morning|thanks|thank you|sorry|"
    r"please|dear|bye|goodbye|welcome back|i'm (?:back|home)|excuse me|ok|okay|yo|psst)$"
)
TAIL: Final = re.compile(r"(?:dear|darling|love|please)\b")
"""What may follow a name that is called out."""

_WHOM: Final = "you|i|we|it|they|he|she|the|there|this|that|these|those|anyone|anybody|my|your|us|me"
_TO_HER: Final = re.compile(
    r"you\b|(?:can|could|would|will|are|do|did|does|should|may|might|have|shall|is|was|am|don't|can't|won't|aren't|isn't)"
    rf" (?:{_WHOM})\b|"
    r"(?:what|what's|how|how's|who|who's|when|where|where's|why|which|whose)\b|"
    r"(?:tell|please|let|let's|play|stop|wait|listen|help|sing|read|show|give|remind|wake|look|come|say|talk|open|close|"
    r"turn|set|call me|shut|be|quiet|remember|forget|guess|try|explain|write|translate|go on|go|start|continue|repeat|"
    r"find|check|describe|pick|choose|hurry|hold|do me|take|make|bring|never mind|speak|keep|count|don't|do not)\b|"
    r"(?:i|i'm|i've|i'll|i'd|my|we|we're|let me)\b|(?:hello|hi|good|thanks|thank you|sorry|bye|there)\b"
)
_CLOSED: Final = re.compile(
    r"\b(?:good (?:night|morning|evening|afternoon)|goodnight|night|morning|thanks|thank you|hello|hi|hey|bye|goodbye|"
    r"sorry|please|are you there|you there|how are you|are you|love you|miss you|see you|you think|later|tomorrow|"
    r"tonight|help me|tell me|me too|you too|well done|good job|come on|go on|wait|stop|up|back|home|doing|"
    r"right|okay|ok|yes|no|welcome back|excuse me|again|now|today|help|done)$"
)
# She is what the sentence is about.
_OBJECT: Final = re.compile(
    r"\b(?:did you (?:see|know|meet)|like|loves?|with|about|to|for|of|from|and|is|was|named|called|saw|met)$"
)


def is_lead(before: str) -> bool:
    """Tell whether all that comes before the name only leads up to it; nothing does too."""
    return _LEAD.fullmatch(before) is not None


def is_hailed(before: str) -> bool:
    """Tell whether a hail or greeting stands right before the name."""
    return _HAILED.search(before) is not None


def goes_on_to_her(after: str) -> bool:
    """Tell whether what follows the name without a pause is said to her, not about her."""
    return _TO_HER.match(after) is not None


def ends_before_name(before: str) -> bool:
    """Tell whether what comes before a name without a pause is a sentence by itself."""
    return _CLOSED.search(before) is not None and _OBJECT.search(before) is None
