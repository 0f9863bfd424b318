"""How the next token is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from companion.domain.character import Sampling
from companion.engines.language_models.sampler import Sampler, is_spared, opens_aside
from companion.errors import ModelError

pytestmark = pytest.mark.unit

NOBODY = np.array([], dtype=np.int64)


def logits(**values: float) -> np.ndarray:
    out = np.full(1000, -10.0, dtype=np.float32)
    for name, value in values.items():
        out[int(name[1:])] = value
    return out


def drawn(sampling: Sampling, values: np.ndarray, punished: np.ndarray = NOBODY, n: int = 400) -> list[int]:
    sampler = Sampler(sampling)
    return [sampler.pick(values, punished) for _ in range(n)]


def test_temperature_zero_takes_the_best() -> None:
    assert set(drawn(Sampling(temperature=0.0), logits(t3=2.0, t5=1.9), n=20)) == {3}


def test_the_same_seed_draws_the_same() -> None:
    values = logits(t1=1.0, t2=1.0, t3=1.0)
    assert drawn(Sampling(seed=5), values) == drawn(Sampling(seed=5), values)
    assert drawn(Sampling(seed=5), values) != drawn(Sampling(seed=6), values)


def test_frequencies_follow_the_probabilities() -> None:
    sampling = Sampling(seed=1, temperature=1.0, top_p=1.0, min_p=0.0, top_k=0)
    picks = drawn(sampling, logits(t1=float(np.log(3.0)) + 20, t2=20.0), n=4000)
    assert set(picks) == {1, 2}
    assert 0.72 < picks.count(1) / len(picks) < 0.78


@pytest.mark.parametrize(
    ("sampling", "kept"),
    [
        (Sampling(seed=1, temperature=2.0, top_k=2, top_p=1.0, min_p=0.0), {1, 2}),
        (Sampling(seed=1, temperature=2.0, top_k=0, top_p=0.6, min_p=0.0), {1}),
        (Sampling(seed=1, temperature=2.0, top_k=0, top_p=1.0, min_p=0.3), {1, 2}),
    ],
)
def test_each_bound_cuts_the_tail(sampling: Sampling, kept: set[int]) -> None:
    assert set(drawn(sampling, logits(t1=5.0, t2=4.0, t3=3.0))) == kept


def test_repetition_costs_and_leaves_the_logits_alone() -> None:
    values = logits(t1=2.0, t2=1.9)
    before = values.copy()
    assert set(drawn(Sampling(temperature=0.0, repeat_penalty=1.2), values, np.array([1]), n=5)) == {2}
    assert (values == before).all()


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_invalid_numbers_are_an_error_and_not_a_token(broken: float) -> None:
    with pytest.raises(ModelError) as caught:
        Sampler(Sampling()).pick(logits(t1=broken), NOBODY)
    assert caught.value.code == "numbers"


@pytest.mark.parametrize("piece", ["。", "，", "……", "？”", "\n\n", " ", "", "的", "我", " the", "I", "（"])
def test_punctuation_and_function_words_may_come_again(piece: str) -> None:
    assert is_spared(piece)


@pytest.mark.parametrize("piece", ["喜欢", "雨", "下雨。", " rain", "Hello"])
def test_content_words_are_not_spared(piece: str) -> None:
    assert not is_spared(piece)


def test_what_is_barred_is_not_drawn_and_the_logits_are_left_alone() -> None:
    values = np.array([5.0, 4.0, 3.0], np.float32)
    sampler = Sampler(Sampling(temperature=0.0))
    assert sampler.pick(values, NOBODY, None, [0]) == 1
    assert sampler.pick(values, NOBODY, None, [0, 1]) == 2
    assert values.tolist() == [5.0, 4.0, 3.0]


@pytest.mark.parametrize("piece", ["（", "(", "*", " *", "＊", "【", "[笑"])
def test_brackets_and_asterisks_open_an_aside(piece: str) -> None:
    assert opens_aside(piece)


@pytest.mark.parametrize("piece", ["你", "Well", "“", "", " ", "……", "3"])
def test_words_and_quotes_do_not(piece: str) -> None:
    assert not opens_aside(piece)
