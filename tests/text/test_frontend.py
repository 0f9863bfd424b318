"""From text to symbols, each tied to a character of the text as it was given."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.text.alphabets import Alphabet
from companion.text.frontend import phonemise, warm
from companion.text.phonemes import Language, Phonemes

pytestmark = pytest.mark.unit

_KOKORO_VOCABULARY = Path(__file__).parents[2] / "assets" / "voices" / "vocab.json"
# The symbols of Piper's phoneme_id_map, which every espeak voice shares.
_PIPER_SYMBOLS = frozenset(
    " !'(),-.:;?abcdefhijklmnopqrstuvwxyzæçðøħŋœǀǁǂǃɐɑɒɓɔɕɖɗɘəɚɛɜɞɟɠɡɢɣɤɥɦɧɨɪɫɬɭɮɯɰɱɲɳɴɵɶɸɹɺɻɽɾʀʁʂʃʄʈʉʊʋʌʍʎʏʐʑʒʔʕʘʙʛʜʝ"
    'ʟʡʢʲˈˌːˑ˞βθχᵻⱱ0123456789\u0327\u0303\u032a\u032f\u0329ʰˤε↓#"'
)
_TEXTS: tuple[tuple[str, Language], ...] = (
    ("你好，我是小雨。今天是2026年11月25日，气温-3℃！", "zh"),
    ("他说：“一会儿见！”——然后走了……（笑）", "zh"),
    ("我用 iPhone 15 拍了 3D 照片，发到 bob@example.com，OK吗？", "zh"),
    ("嗯，哦，诶，哼！呃……哎呀，噢；嘿嘿～", "zh"),
    ("Hello there! Dr. Smith paid $3.50 at 12:30 p.m. for 2 kg of apples.", "en"),
    ("ChatGPT says: “The quick brown fox jumps over the lazy dog.”", "en"),
    ("She sells sea-shells; the sixth sheikh's sheep... naïve café, blorvax?", "en"),
    ("用 Python 写 C++，价格 ¥1,000，第2名。", "zh"),
)


def vocabulary(alphabet: Alphabet) -> frozenset[str]:
    if alphabet == "kokoro":
        return frozenset(json.loads(_KOKORO_VOCABULARY.read_text(encoding="utf-8")))
    return _PIPER_SYMBOLS


@pytest.mark.parametrize("alphabet", ["kokoro", "piper", "espeak"])
@pytest.mark.parametrize(("text", "language"), _TEXTS)
def test_every_symbol_is_one_that_the_voice_knows(text: str, language: Language, alphabet: Alphabet) -> None:
    symbols = {phone.symbol for phone in phonemise(text, language=language, alphabet=alphabet).phones}
    assert symbols <= vocabulary(alphabet)


@pytest.mark.parametrize("alphabet", ["kokoro", "piper", "espeak"])
@given(text=st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_text_gives_known_symbols_in_order(text: str, alphabet: Alphabet) -> None:
    result = phonemise(text, language="zh", alphabet=alphabet)
    places = [phone.char for phone in result.phones]
    assert {phone.symbol for phone in result.phones} <= vocabulary(alphabet)
    assert places == sorted(places)
    assert all(0 <= place < len(text) for place in places)


def spoken(result: Phonemes, part: str) -> str:
    start = result.text.index(part)
    return "".join(phone.symbol for phone in result.phones if start <= phone.char < start + len(part)).strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好。", "ni↗xau↓."),
        ("我喜欢音乐，你呢？", "wo↗ ɕi↓xwan i→nɥe↘, ni↓ nɤ?"),
        ("“好！”", "“xau↓!”"),
        ("花儿", "xwa→ɚ↗"),
        ("三、四", "sa→n, sɨ↘"),
        ("OK吗", "ˌOkˈA ma"),
    ],
)
def test_chinese_in_kokoro_symbols(text: str, expected: str) -> None:
    assert phonemise(text, language="zh").symbols == expected


@pytest.mark.parametrize(
    ("alphabet", "expected"),
    [
        ("kokoro", "həlˈO wˈɜɹld, bˈɛTəɹ!"),
        ("piper", "həlˈoʊ wˈɜːld, bˈɛɾɚ!"),
        ("espeak", "həlˈoʊ wˈɜːld, bˈɛɾɚ!"),
    ],
)
def test_english_in_each_alphabet(alphabet: Alphabet, expected: str) -> None:
    assert phonemise("Hello world, better!", language="en", alphabet=alphabet).symbols == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("happy", "hˈæpi"),
        ("see", "sˈiː"),
        ("you", "juː"),
        ("bird", "bˈɜːd"),
        ("teacher", "tˈiːtʃɚ"),
        ("hearing", "hˈɪɹɪŋ"),
        ("boy", "bˈɔɪ"),
        ("now", "nˈaʊ"),
        ("judge", "dʒˈʌdʒ"),
        ("houses", "hˈaʊsᵻz"),
    ],
)
def test_espeak_inventory(word: str, expected: str) -> None:
    assert phonemise(f"a {word} b", language="en", alphabet="espeak").symbols.split(" ")[1] == expected


def test_phones_point_at_the_characters_they_speak() -> None:
    result = phonemise("我有3.14元，OK？", language="zh", alphabet="piper")
    assert spoken(result, "我") == "wo2"
    assert spoken(result, "3.14").startswith("san1")
    assert spoken(result, "元") == "ɥɛn2"
    assert spoken(result, "OK") == "ˌoʊkˈeɪ"


def test_latin_words_in_chinese_keep_their_place() -> None:
    result = phonemise("我爱Python语言", language="zh")
    assert spoken(result, "Python") == "pˈIθˌɑn"
    assert spoken(result, "语") == "y↓"


def test_an_override_forces_a_reading_and_is_not_spoken_itself() -> None:
    plain = phonemise("行", language="zh").symbols
    forced = phonemise("{行|hang2}", language="zh")
    assert (plain, forced.symbols) == ("ɕi↗ŋ", "xa↗ŋ")
    assert {phone.char for phone in forced.phones} == {1}


def test_an_override_may_span_a_word_or_give_symbols() -> None:
    assert phonemise("{单曲|shan4 qu1}", language="zh").symbols == "ʂa↘nʨʰy→"
    assert phonemise("I {read|ɹˈɛd} it", language="en").symbols == "ˌI ɹˈɛd ɪt"


def test_a_lexicon_reads_names() -> None:
    result = phonemise("Lin和铃音", language="zh", lexicon={"Lin": "lin2", "铃音": "ling2 yin1"})
    assert result.symbols == "li↗n xɤ↗ li↗ŋi→n"


def test_an_english_sentence_in_a_chinese_reply_counts_in_english() -> None:
    assert (
        phonemise("I have 3 cats.", language="zh").symbols
        == phonemise("I have three cats.", language="en").symbols
    )


def test_a_number_alone_is_read_in_the_given_language() -> None:
    assert phonemise("3", language="zh").symbols == "sa→n"
    assert phonemise("3", language="en").symbols == "θɹˈi"


@pytest.mark.parametrize("text", ["", "   ", "……", "😀", "。"])
def test_nothing_to_say_gives_no_sound(text: str) -> None:
    assert not any(phone.symbol.isalpha() for phone in phonemise(text, language="zh").phones)


def test_warming_keeps_the_parsed_dictionary_in_the_given_folder(tmp_path: Path) -> None:
    folder = str(tmp_path / "cache")
    code = f"from pathlib import Path; from companion.text.frontend import warm; warm(Path({folder!r}))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [file.name for file in (tmp_path / "cache").iterdir()] == ["jieba.cache"]


def test_importing_loads_no_dictionary() -> None:
    code = "import sys, companion.text.frontend; print([n for n in ('jieba', 'pypinyin', 'torch') if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_warming_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        warm()
        phonemise("安静", language="zh")
    assert not [record for record in caplog.records if record.name.startswith("jieba")]
