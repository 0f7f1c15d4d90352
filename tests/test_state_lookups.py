"""Whoever looks rows up by their state, or sets it, names a member of the enum of that model."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from enum import StrEnum
from importlib import import_module

import pytest
from django.apps import apps
from django.test import RequestFactory

from newsletter.web.context import add_enums
from tests.test_names import PACKAGES, ROOT, modules

LOOKUPS = {"filter", "exclude", "get", "update", "create", "get_or_create", "update_or_create", "Q", "When"}
OURS = ("accounts", "catalog", "curator", "scheduler", "delivery", "jobs", "subscribers")


def models_with_states() -> dict[type, type[StrEnum]]:
    """Our models that have a state, each with its enum."""
    from newsletter.catalog.states import NewsletterState
    from newsletter.curator.editions.states import EditionState, LinkCheckState, PageCheckState
    from newsletter.delivery.ledger.states import BatchState, MailingState
    from newsletter.jobs.notification_kinds import MessageState
    from newsletter.scheduling.states import OccurrenceState
    from subscribers.states import ImportState, SubscriptionState, TransactionalState

    enums: dict[str, type[StrEnum]] = {
        "Newsletter": NewsletterState,
        "Edition": EditionState,
        "PageCheck": PageCheckState,
        "LinkCheck": LinkCheckState,
        "Occurrence": OccurrenceState,
        "Mailing": MailingState,
        "Batch": BatchState,
        "Subscription": SubscriptionState,
        "SubscriptionCount": SubscriptionState,
        "ConsentEvent": SubscriptionState,
        "ConsentProof": SubscriptionState,
        "NotificationMessage": MessageState,
        "ImportRun": ImportState,
        "TransactionalMail": TransactionalState,
    }
    found = {
        model
        for model in apps.get_models()
        if model._meta.app_label in OURS and any(field.name == "state" for field in model._meta.get_fields())
    }
    assert {model.__name__ for model in found} == set(enums)
    return {model: enums[model.__name__] for model in found}


class StateLookups(ast.NodeVisitor):
    """Finds what a module asks for, or sets, as the state of rows, and with which values."""

    def __init__(self, namespace: dict[str, object], enums: dict[type, type[StrEnum]]) -> None:
        self.namespace, self.enums = namespace, enums
        self.querysets: dict[str, type] = {}
        self.wrong: list[str] = []
        self.seen = 0
        self.accessors: dict[str, set[type]] = defaultdict(set)
        self.relations: dict[str, set[type]] = defaultdict(set)
        for model in apps.get_models():
            if model._meta.app_label in OURS:
                for field in model._meta.get_fields():
                    if field.is_relation and field.related_model in enums:
                        name = getattr(field, "get_accessor_name", lambda field=field: field.name)()
                        (self.relations if field.concrete else self.accessors)[name or ""].add(field.related_model)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        outer, self.querysets = self.querysets, dict(self.querysets)
        for argument in [*node.args.args, *node.args.kwonlyargs]:
            self._remember(argument.arg, self._annotated(argument.annotation))
        self.generic_visit(node)
        self.querysets = outer

    def visit_Assign(self, node: ast.Assign) -> None:
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            self._remember(node.targets[0].id, self._model(node.value))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        made = self._value(node.func)
        model = made if made in self.enums else None
        if name in LOOKUPS and isinstance(node.func, ast.Attribute):
            model = self._model(node.func.value)
        if name in LOOKUPS or model:
            for keyword in node.keywords:
                self._check(keyword, model)
        self.generic_visit(node)

    def _remember(self, name: str, model: type | None) -> None:
        self.querysets.pop(name, None)
        if model:
            self.querysets[name] = model

    def _check(self, keyword: ast.keyword, model: type | None) -> None:
        path = (keyword.arg or "").removesuffix("__in").split("__")
        if path[-1] != "state":
            return
        self.seen += 1
        if path[:-1]:
            (model,) = self.relations[path[-2]] or {None}
        for value in self._values(keyword.value):
            if not isinstance(value, StrEnum) or type(value) not in self.enums.values():
                self.wrong.append(f"line {keyword.value.lineno}: {keyword.arg}={value!r} is no member of an enum")
            elif model and type(value) is not self.enums[model]:
                self.wrong.append(f"line {keyword.value.lineno}: {model.__name__} has no state {value!r}")

    def _values(self, node: ast.expr) -> Iterator[object]:
        """The states that an expression names; nothing where only running it would tell."""
        if isinstance(node, ast.Constant):
            yield node.value
        elif isinstance(node, ast.Attribute) and node.attr == "value":
            yield from self._values(node.value)
        elif isinstance(node, ast.Name | ast.Attribute):
            value = self._value(node)
            yield from value if isinstance(value, tuple | list | set | frozenset | dict) else [value] if value else []
        elif isinstance(node, ast.Tuple | ast.List | ast.Set):
            for each in node.elts:
                yield from self._values(each)
        elif isinstance(node, ast.IfExp):
            yield from self._values(node.body)
            yield from self._values(node.orelse)

    def _value(self, node: ast.AST) -> object:
        """What a dotted name of the module stands for; None for local names."""
        if isinstance(node, ast.Name):
            return self.namespace.get(node.id)
        if isinstance(node, ast.Attribute) and (owner := self._value(node.value)) is not None:
            return getattr(owner, node.attr, None)
        return None

    def _model(self, node: ast.AST) -> type | None:
        """The model whose rows an expression asks for."""
        if isinstance(node, ast.Name):
            return self.querysets.get(node.id)
        if isinstance(node, ast.Attribute):
            if node.attr == "objects":
                owner = self._value(node.value)
                return owner if owner in self.enums else None
            found = self.accessors.get(node.attr, set())
            return next(iter(found)) if len(found) == 1 else None
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                return self._model(node.func.value)
            return self._annotated(getattr(self._value(node.func), "__annotations__", {}).get("return"))
        return None

    def _annotated(self, annotation: object) -> type | None:
        """The model of QuerySet[Model]."""
        text = annotation if isinstance(annotation, str) else ""
        if annotation and not text:
            text = ast.unparse(annotation)  # type: ignore[arg-type]
        if not text.startswith("QuerySet["):
            return None
        found = self._value(ast.parse(text[9:-1].partition(",")[0], mode="eval").body)
        return found if found in self.enums else None


def state_lookups(source: str, namespace: dict[str, object]) -> StateLookups:
    found = StateLookups(namespace, models_with_states())
    found.visit(ast.parse(source))
    return found


def test_states_are_looked_up_by_the_enum_of_their_own_model() -> None:
    seen, wrong = 0, []
    for module in modules(*PACKAGES).values():
        text = (ROOT / module.path).read_text("utf-8")
        if "state=" in text or "state__in=" in text:
            found = state_lookups(text, vars(import_module(module.name)))
            seen += found.seen
            wrong += [f"{module.path}: {each}" for each in found.wrong]
    assert wrong == []
    assert seen > 100, "the search finds too few lookups"


@pytest.mark.parametrize(
    "line",
    [
        "models.Mailing.objects.filter(state='sending')",
        "models.Mailing.objects.exclude(state__in=(MailingState.HELD, BatchState.ACCEPTED))",
        "models.Mailing.objects.filter(id=1).order_by('id').update(state=BatchState.PLANNED)",
        "def f():\n rows = models.Mailing.objects.filter(id=1)\n rows.exclude(state=BatchState.RECALLED)",
        "def f(rows: QuerySet[models.Mailing]):\n rows.exclude(state=BatchState.RECALLED)",
        "Q(mailing__state=BatchState.RECALLED)",
        "mailing.batches.filter(state=MailingState.HELD)",
        "models.Batch(state=MailingState.HELD)",
    ],
)
def test_a_state_of_another_model_is_noticed(line: str) -> None:
    from newsletter.delivery import models
    from newsletter.delivery.ledger.states import BatchState, MailingState

    names: dict[str, object] = {"models": models, "BatchState": BatchState, "MailingState": MailingState}
    assert state_lookups(line, names).wrong
    right = "models.Batch.objects.filter(state=BatchState.PLANNED, mailing__state__in=(MailingState.HELD,))"
    assert state_lookups(right, names).wrong == []


def literal_comparisons(tree: ast.AST) -> Iterator[int]:
    """Lines that compare `something.state`, or another attribute that has an enum, with a string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(isinstance(side, ast.Attribute) and side.attr in {"state", "level"} for side in sides):
                words = [each for side in sides for each in ast.walk(side) if isinstance(each, ast.Constant)]
                yield from (node.lineno for word in words if isinstance(word.value, str))


def test_no_state_is_compared_with_a_string() -> None:
    found = [f"{each.path}:{line}" for each in modules(*PACKAGES).values() for line in literal_comparisons(each.tree)]
    assert found == []
    assert list(literal_comparisons(ast.parse("if row.state in ('held', 'paused'): pass")))
    assert not list(literal_comparisons(ast.parse("if row.state == MailingState.HELD: pass")))


TEMPLATES = sorted((ROOT / "templates" / "web").rglob("*.html"))
TYPED = {
    "state",
    "kind",
    "role",
    "standing",
    "status",
    "level",
    "frequency",
    "verdict",
    "size",
    "place",
    "effect",
    "tier",
}
_TAG = re.compile(r"\{%-?\s*(\w+)\s(.*?)-?%\}", re.S)
_COMPARED = re.compile(r"""([\w.]+)\s*(?:==|!=|\bin\b)\s*(["'])|(["'])\s*(?:==|!=)\s*([\w.]+)""")
_MEMBER = re.compile(r"\b([A-Z][a-z]\w*)\.([A-Z_]+)\b")


def literals_in_template(text: str) -> Iterator[str]:
    """Comparisons of a state, kind, role … with a string, and badges of one, in the tags of a template."""
    for name, body in _TAG.findall(text):
        if name in ("if", "elif"):
            for left, _, _, right in _COMPARED.findall(body):
                if (left or right).split(".")[-1] in TYPED:
                    yield body.strip()
        elif name == "state_badge" and body.strip()[0] in "\"'":
            yield body.strip()


def test_no_template_compares_a_state_with_a_string() -> None:
    found = {path.name: list(literals_in_template(path.read_text("utf-8"))) for path in TEMPLATES}
    assert {name: each for name, each in found.items() if each} == {}
    assert len(found) > 50, "the search finds too few templates"


@pytest.mark.parametrize(
    "tag",
    [
        "{% if mailing.state == 'held' %}",
        '{% if x and row.kind != "test" %}',
        '{% elif "admin" == user.role %}',
        '{% state_badge "late" %}',
    ],
)
def test_a_string_in_a_template_is_noticed(tag: str) -> None:
    assert list(literals_in_template(tag))
    assert not list(literals_in_template("{% if mailing.state == MailingState.HELD %}{% if do == 'leave' %}"))


def test_templates_name_members_that_exist() -> None:
    """A name that does not exist is nothing to Django: the comparison would be false and nobody would know."""
    members = add_enums(RequestFactory().get("/"))
    named = {match for path in TEMPLATES for match in _MEMBER.findall(path.read_text("utf-8"))}
    assert {f"{enum}.{name}" for enum, name in named if name not in members.get(enum, {})} == set()
    assert len(named) > 30, "the search finds too few members"
    assert members.keys() == {enum for enum, _ in named}, "an enum that no template names"
