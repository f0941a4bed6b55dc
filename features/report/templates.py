"""The templates of pages: every expression is escaped, every name made printable, and a page loads nothing."""

import base64
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from features import text


def rendered(name: str, **values: Any) -> str:
    """A page by the template of this name, with our style sheet in it. Equal values give equal pages."""
    return _environment().get_template(name).render(css=Markup(_resource("style.css")), **values)  # noqa: S704 (ours)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_resource),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters |= {
        "percent": text.percent,
        "count": text.count,
        "duration": text.duration,
        "size": text.size,
        "data_uri": lambda data, kind="jpeg": f"data:image/{kind};base64," + base64.b64encode(data).decode("ascii"),
    }
    return environment


def _finalize(value: Any) -> Any:
    return text.printable(value, keep="\n") if isinstance(value, str) and not isinstance(value, Markup) else value


def _resource(name: str) -> str:
    return (files("features.report") / name).read_text(encoding="utf-8")
