"""Chat formats learnt from templates, and templates that mean harm."""

from __future__ import annotations

import sys
import tracemalloc
from pathlib import Path

import jinja2
import pytest

from companion.engines.language_models.chat_formats import Frame
from companion.engines.language_models.chat_template import learn_format

pytestmark = pytest.mark.unit

FRAMED = """{{ bos_token }}{%- set ns = namespace(n=0) -%}
{%- macro head(role) -%}<|{{ role ~ '|>' }}{%- endmacro -%}
{%- for message in messages -%}
  {%- set ns.n = ns.n + 1 -%}
  {{- head(message['role']) + message.content | trim }}<end>
{%- endfor -%}
{%- if add_generation_prompt %}{{ head('assistant') }}{% endif -%}"""
NO_SYSTEM = """{{ bos_token }}{% for m in messages %}
{%- if m.role == 'system' %}{{ raise_exception('no system role') }}{% endif -%}
{%- if m['role'] == 'user' %}{{ '[A]' + m['content'] + '[/A]' }}
{%- else %}{{ '[B]' + m['content'] + eos_token }}{% endif -%}
{% endfor %}{% if add_generation_prompt %}[B]{% endif %}"""


def test_frames_are_learnt_from_a_template() -> None:
    form = learn_format(FRAMED, bos="<s>", eos="</s>")
    assert form is not None
    assert (form.system, form.user, form.assistant) == (
        Frame("<|system|>", "<end>"),
        Frame("<|user|>", "<end>"),
        Frame("<|assistant|>", "<end>"),
    )
    assert not form.folds_system


def test_a_template_without_a_system_role_folds_it_into_the_user() -> None:
    form = learn_format(NO_SYSTEM, bos="<s>", eos="</s>")
    assert form is not None
    assert (form.folds_system, form.user, form.assistant) == (
        True,
        Frame("[A]", "[/A]"),
        Frame("[B]", "</s>"),
    )


@pytest.mark.parametrize(
    "template",
    [
        "",
        "nothing",
        "{{ messages[0].content }}",
        "{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}",
        "{% for m in messages %}{{ loop.index }}{{ m.content }}{% endfor %}",
        "{% for m in messages %}",
    ],
)
def test_a_template_without_steady_frames_is_not_learnt(template: str) -> None:
    assert learn_format(template) is None


CANARY = "cycler.__init__.__globals__.os.system('touch {path}')"
PAYLOADS = [
    "{{ " + CANARY + " }}",
    "{{ self.__init__.__globals__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ messages.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ messages|map(attribute='__class__')|list }}",
    "{{ range.__self__ }}",
    "{{ raise_exception.__globals__ }}",
    "{{ raise_exception.__code__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ '{0.__class__}'.format(1) }}",
    "{{ '%s'.__mod__(1) }}",
    "{{ ''.format_map({}) }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% extends 'x' %}",
    "{% for i in range(10**9) %}x{% endfor %}",
    "{% for a in range(999) %}{% for b in range(999) %}{% for c in range(999) %}x{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in range(999) %}{% for b in range(999) %}{% for c in range(999) %}{% endfor %}{% endfor %}{% endfor %}",
    "{{ 'a' * 10**9 }}",
    "{{ [0] * 10**9 }}",
    "{{ ('a' * 9999) * 9999 }}",
    "{{ 9**9**9**9 }}",
    "{{ 9999**9999**9999 }}",
    "{{ 2**100000000 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ 'a'.ljust(1000000000) }}",
    "{{ 'a'.center(1000000000) }}",
    "{{ 'a'.zfill(1000000000) }}",
    "{{ 'a'|center(1000000000) }}",
    "{{ 'a\n'|indent(1000000000) }}",
    "{{ '%0999999999d'|format(1) }}",
    "{% set n = namespace(a='aaaaaaaaaa') %}{% for i in range(60) %}{% set n.a = n.a ~ n.a %}{% endfor %}{{ n.a }}",
    "{% set n = namespace(a='aaaaaaaaaa') %}{% for i in range(60) %}{% set n.a = n.a + n.a %}{% endfor %}{{ n.a }}",
    "{% set n = namespace(a=[1]) %}{% for i in range(60) %}{% set n.a = n.a + n.a %}{% endfor %}",
    "{% set n = namespace(a='xx') %}{% for i in range(60) %}{% set n.a = n.a.replace('x', 'xxxx') %}{% endfor %}",
    "{% set n = namespace(a='xx') %}{% for i in range(60) %}{% set n.a = n.a|replace('x', n.a) %}{% endfor %}",
    "{% set n = namespace(a='xx') %}{% for i in range(60) %}{% set n.a = n.a|join(n.a) %}{% endfor %}",
    "{% set n = namespace(a='xx') %}{% for i in range(60) %}{% set n.a %}{{ n.a }}{{ n.a }}{% endset %}{% endfor %}",
    "{% set n = namespace(a=1) %}{% for i in range(60) %}{% set n.a = (n.a + 1) * (n.a + 1) %}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
    "{{ messages|map('upper')|map('upper')|list|tojson(indent=1000000000) }}",
    "{% for m in messages recursive %}{{ loop(messages) }}{% endfor %}",
    "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
    "{% if 1 %}" * 2_000 + "{% endif %}" * 2_000,
    "{% for i in range(9) %}" * 30 + "{% endfor %}" * 30,
    "x" * 70_000,
    "{% for a in range(999) %}" + "x" * 60_000 + "{% endfor %}",
]


@pytest.mark.parametrize("payload", PAYLOADS, ids=[str(index) for index in range(len(PAYLOADS))])
def test_a_harmful_template_ends_without_effect(payload: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    tracemalloc.start()
    try:
        form = learn_format(payload.replace("{path}", str(canary)))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert form is None
    assert most < 64 << 20
    assert not canary.exists()


def test_the_canary_appears_without_the_sandbox(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    jinja2.Environment(autoescape=False).from_string(PAYLOADS[0].replace("{path}", str(canary))).render()
    assert canary.exists()


def test_a_payload_within_a_good_template_spoils_only_that_template() -> None:
    assert learn_format(FRAMED + PAYLOADS[20]) is None
    assert learn_format(FRAMED) is not None


def test_the_tracer_of_the_thread_is_given_back() -> None:
    before = sys.gettrace()
    learn_format(PAYLOADS[20])
    assert sys.gettrace() is before
