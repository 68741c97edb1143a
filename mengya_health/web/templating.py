"""The application's Flask: what a page does hundreds of times, done in fewer steps. What comes out is the same.

Jinja's ways are general: every call may want its context, every value may be an attribute or an item, every imported
template may be given other globals. Ours are not, and a long record spent a quarter of its time on asking.
"""

from functools import lru_cache
from types import FunctionType
from typing import Any
from uuid import UUID

from flask import Flask, request
from flask.templating import Environment
from jinja2 import Template
from jinja2.runtime import Context, Macro
from jinja2.utils import internalcode
from markupsafe import Markup, _escape_inner, escape

from mengya_health.locale import language, text_in_english

_OF_DICT = frozenset(dir(dict))
_PLAIN_NUMBERS = (float, int)
# Ids that stand in an address while it is being learned, one for each place it has.
_STANDING_IN = tuple(UUID(int=number) for number in range(1, 4))


class _Context(Context):
    @internalcode
    def call(__self, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call a macro or a plain function without asking what it wants to be given; anything else as Jinja does."""
        if type(__obj) is Macro:
            kwargs.pop("_block_vars", None)
            kwargs.pop("_loop_vars", None)
            return __obj(__self.eval_ctx, *args, **kwargs)
        if type(__obj) is FunctionType and not hasattr(__obj, "jinja_pass_arg"):
            kwargs.pop("_block_vars", None)
            kwargs.pop("_loop_vars", None)
            return __obj(*args, **kwargs)
        return super().call(__obj, *args, **kwargs)


def _escaped(value: Any) -> str:
    """Return what is written of a value: as `escape`, without making a Markup of what is only going to be joined."""
    if type(value) is str:
        return _escape_inner(value)
    if type(value) is Markup:
        return value
    return str(value) if type(value) in _PLAIN_NUMBERS else escape(value)


class _Template(Template):
    @classmethod
    def from_code(cls, environment, code, globals, uptodate=None):
        """Return a template whose output goes through `_escaped`; filters and blocks keep Jinja's own."""
        template = super().from_code(environment, code, globals, uptodate)
        template.root_render_func.__globals__["escape"] = _escaped
        return template

    def _get_default_module(self, ctx: Context | None = None):
        """Return the module of an imported template, made once: none of ours is given globals of its own."""
        return self._module or super()._get_default_module(ctx)


class _Environment(Environment):
    context_class = _Context
    template_class = _Template

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return `obj.attribute` of a template; of a dict the item, without an exception for each."""
        if type(obj) is dict and attribute not in _OF_DICT and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


class Pages(Flask):
    """The web application of this product."""

    jinja_environment = _Environment

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._addresses: dict[tuple[str, ...], tuple[str, ...] | None] = {}

    def url_for(self, /, endpoint: str, *, _anchor=None, _method=None, _scheme=None, _external=None, **ids: Any) -> str:
        """Return the address of a page; one whose places hold nothing but ids is put together from its known parts."""
        is_plain = _anchor is _method is _scheme is _external is None and not request.script_root
        if is_plain and all(type(id) is UUID for id in ids.values()):
            named = (endpoint, *ids)
            if named not in self._addresses:
                self._addresses[named] = self._parts_of(endpoint, tuple(ids))
            if parts := self._addresses[named]:
                return parts[0] + "".join(f"{id}{part}" for id, part in zip(ids.values(), parts[1:], strict=True))
        how = {"_anchor": _anchor, "_method": _method, "_scheme": _scheme, "_external": _external}
        return super().url_for(endpoint, **how, **ids)

    def _parts_of(self, endpoint: str, names: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return what stands around the ids of an address; None where the ids do not stand in it in this order."""
        if endpoint.startswith(".") or len(names) > len(_STANDING_IN):
            return None
        address = super().url_for(endpoint, **dict(zip(names, _STANDING_IN, strict=False)))
        parts = []
        for id in _STANDING_IN[: len(names)]:
            before, found, address = address.partition(str(id))
            if not found:
                return None
            parts.append(before)
        return (*parts, address)


def words(string: str, **variables: Any) -> Markup:
    """Return a text of a template in the reader's language, with its variables, escaped, in their places."""
    if language() != "zh":
        return Markup(text_in_english(string, variables.get("n"))) % variables  # noqa: S704
    return _template_of(string) % variables if variables else _alone(string)


@lru_cache(maxsize=8192)
def _template_of(string: str) -> Markup:
    return Markup(string)  # noqa: S704 it stands in a template of ours


@lru_cache(maxsize=8192)
def _alone(string: str) -> Markup:
    return _template_of(string) % {}
