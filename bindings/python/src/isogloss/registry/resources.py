"""Resources and resource templates: functions to what the registry keeps."""

from collections.abc import Callable
from typing import Any

from ..context import Context
from ..protocol.types.content import Annotations
from ..protocol.types.resources import Resource, ResourceTemplate
from ..schema import Parameters
from ..values import resource_contents
from . import CacheScope, Caching, Given, ResourceEntry, TemplateEntry
from .running import in_thread, later
from .told import OfferOptions, about_of, doc_of, from_texts, given_of, typed
from .uri_template import UriTemplate


class ResourceOptions(OfferOptions, total=False):
    """What a resource can be told, or a template of many."""

    name: str | None
    """Its name; that of its function if it is not set."""

    mime_type: str | None
    """Its media type; `text/plain` for text, `application/octet-stream` for bytes, and `application/json` for
    other values if it is not set.
    """

    size: int | None
    """Its size in bytes, if that is known beforehand."""

    annotations: Annotations | dict[str, Any] | None
    """Whom it is for, and how much it matters."""

    cache_ttl: float | None
    """For how many seconds a modern client may keep what it has read; not at all if it is not set."""

    cache_scope: CacheScope
    """Who else may keep it: nobody (`private`) if it is not set."""


def resource_of(
    function: Callable[..., Any], uri: str, options: ResourceOptions
) -> ResourceEntry | TemplateEntry:
    """The resource that a function is, or the template of many.

    Raises ValueError if the template is not understood, or its variables are not the function's parameters.
    """
    template = UriTemplate(uri)
    read = _read(function, uri, template, options)
    name, size, ttl = options.get("name"), options.get("size"), options.get("cache_ttl")
    told: dict[str, Any] = {
        "name": name or function.__name__,
        "description": doc_of(function, options.get("description")),
        "annotations": typed(Annotations, options.get("annotations")),
        **given_of(
            title=options.get("title"),
            mime_type=options.get("mime_type"),
            icons=options.get("icons"),
            meta=options.get("meta"),
        ),
    }
    scope = options.get("cache_scope", "private")
    caching: Caching | None = None if ttl is None else (round(ttl * 1000), scope)
    about = about_of(options)
    if not template.names:
        definition = Resource(uri=uri, **told, **given_of(size=size))
        return ResourceEntry(
            definition, lambda asked, context: read(asked, {}, context), about, caching
        )
    if size is not None:
        raise ValueError(f"{uri}: a template of many has no size")
    return TemplateEntry(ResourceTemplate(uri_template=uri, **told), template, read, about, caching)


def _read(
    function: Callable[..., Any], uri: str, template: UriTemplate, options: ResourceOptions
) -> Callable[[str, dict[str, str], Context], Given[list[Any]]]:
    parameters = Parameters(function, Context)
    _require_same(uri, template.names, parameters)
    mime_type = options.get("mime_type")
    work = in_thread(function) if options.get("in_thread") else function

    def read(asked: str, variables: dict[str, str], context: Context) -> Given[list[Any]]:
        context.uri = asked
        value = work(**from_texts(parameters, variables, context, "params.uri: "))
        if later(value):
            return _awaited(value, asked, mime_type)
        return resource_contents(value, asked, mime_type)

    return read


async def _awaited(value: Any, asked: str, mime_type: str | None) -> list[Any]:
    return resource_contents(await value, asked, mime_type)


def _require_same(uri: str, variables: tuple[str, ...], parameters: Parameters) -> None:
    for name in variables:
        if name not in parameters.names:
            raise ValueError(f"{uri}: the function has no parameter {name!r}")
    for name in parameters.required:
        if name not in variables:
            raise ValueError(f"{uri}: the parameter {name!r} is no variable of the URI")
