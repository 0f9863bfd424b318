from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.engines.catalog import ensure, load_catalog, missing_packages
from companion.engines.voices.kokoro_onnx import RATE_HZ, KokoroOnnx
from companion.engines.voices.styles import Styles, read_fitted
from companion.errors import Cancelled, UsageError
from companion.voice_training.figures import RealClip
from companion.voice_training.style_fit import StyleFit, fit_style, style_json

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
TEXTS = (
    "请提醒我晚饭前打个电话。",
    "外面的雨已经停了。",
    "我们约好星期六去爬山。",
    "你说得对，我应该早点告诉她。",
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    row = load_catalog(ROOT / "models" / "catalog.toml").row("kokoro-82m-v1.0-int8")
    if missing := missing_packages(row):
        pytest.skip(f"packages are missing: {', '.join(missing)}; run with --extra starter")
    return ensure(row, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def clips(model: Path) -> list[RealClip]:
    """A speaker who is no stock voice: two of them mixed."""
    voice = VoiceSpec(styles=(("zm_yunxi", 0.6), ("zf_xiaobei", 0.4)), speed=1.15)
    kokoro = KokoroOnnx.load(model, ROOT / "assets" / "voices", threads=2)
    return [
        RealClip(text, "zh", np.concatenate([one.clip.samples for one in spoken]), RATE_HZ)
        for text in TEXTS
        if (spoken := list(kokoro.synthesise(text, CancelToken(), voice=voice)))
    ]


@pytest.fixture(scope="module")
def fit(model: Path, clips: list[RealClip]) -> StyleFit:
    return fit_style(clips, model, language="zh", evaluations=20, time_limit_s=90.0)


def test_it_is_never_less_alike_than_the_nearest_stock_voice(fit: StyleFit) -> None:
    assert fit.held_out_fitted >= fit.held_out_stock
    assert fit.training_fitted >= fit.training_stock
    assert (fit.n_training, fit.n_held_out) == (3, 1)
    assert 0.5 < fit.held_out_stock < fit.ceiling <= 1.0


def test_the_nearest_stock_voice_is_one_of_those_mixed(fit: StyleFit) -> None:
    assert fit.stock in ("zm_yunxi", "zf_xiaobei")


def test_the_pack_s_file_speaks_through_the_app_s_voice(fit: StyleFit, model: Path, tmp_path: Path) -> None:
    file = tmp_path / "style.json"
    file.write_bytes(style_json(fit))
    styles, delta = read_fitted(file)
    assert styles == ((fit.stock, 1.0),)
    assert delta == pytest.approx(fit.delta, abs=1e-5)
    stock = Styles.load(ROOT / "assets" / "voices")
    table = stock.table(VoiceSpec(style_file=file))
    assert table[30] == pytest.approx(stock.table(VoiceSpec(styles=styles))[30] + fit.delta, abs=1e-4)
    described = json.loads(file.read_bytes())
    assert (described["engine"], described["similar"], described["language"]) == ("kokoro", True, "zh")


def test_one_clip_is_enough_and_says_that_nothing_was_held_out(model: Path, clips: list[RealClip]) -> None:
    found = fit_style(clips[:1], model, language="zh", evaluations=1)
    assert (found.n_training, found.n_held_out, found.n_evaluations) == (1, 0, 1)
    assert not found.delta.any()


def test_no_clip_is_refused(model: Path) -> None:
    with pytest.raises(UsageError, match="no clip"):
        fit_style([], model, language="zh")


def test_stopping_stops(model: Path, clips: list[RealClip]) -> None:
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        fit_style(
            clips, model, language="zh", cancel=cancel, show=lambda done, of, likeness: cancel.request()
        )
