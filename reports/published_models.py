"""Which models published results belong to, and the results that plugins bring along."""

from __future__ import annotations

from dataclasses import replace

from reports.published import Published, Result
from suite import contract
from suite.errors import UsageError
from suite.registry import Model, Registry
from suite.selection import Selection, select

BROUGHT_ALONG = "the model's plugin"


def of_plugin(model: Model) -> tuple[Result, ...]:
    """What a plugin says of its source's results, for models that come with their own."""
    return tuple(_of_plugin(model, published) for published in model.plugin.source.published)


def _of_plugin(model: Model, published: contract.Published) -> Result:
    # Nothing has checked these fields: a plugin's mistake must not cost the page.
    percent = 100 * published.accuracy
    usable = 0 < percent < 100
    dataset = str(published.dataset) or "not stated"
    return Result(
        selection=f"{model.name}/{published.variant or 'default'}",
        dataset=dataset,
        statistic="test",
        accuracy_percent=percent if usable else None,
        printed_in=BROUGHT_ALONG,
        protocol=str(published.note),
        data="unchanged" if dataset == "mnist" else "unknown",
        defects=() if usable else (f"accuracy {published.accuracy!r} is no fraction of 1",),
        system=str(model.plugin.source.name),
        url=str(model.plugin.source.url),
    )


class Resolver:
    """Finds the models that selections mean, whether or not their libraries are installed.

    Attributes:
        registry: The models, as if nothing were missing.
    """

    def __init__(self, registry: Registry) -> None:
        models = {name: replace(model, missing=()) for name, model in registry.models.items()}
        self.registry = Registry(models=models, broken=registry.broken)

    def __call__(self, selection: str) -> Selection | None:
        """The model and its parameters, the defaults for a plain name; None if there is none."""
        if not selection:
            return None
        try:
            return select(self.registry, [selection])[0]
        except UsageError:
            return None


def by_model(
    registry: Registry, published: Published
) -> dict[str, tuple[tuple[Result, Selection], ...]]:
    """What is published for each model that is known, with the parameters that it belongs to.

    Args:
        registry: The models.
        published: What the data files hold; what plugins say themselves is added.
    """
    resolve = Resolver(registry)
    found: dict[str, list[tuple[Result, Selection]]] = {}
    for result in all_results(registry, published):
        chosen = resolve(result.selection)
        if chosen is not None:
            found.setdefault(chosen.model.name, []).append((result, chosen))
    return {name: tuple(results) for name, results in found.items()}


def all_results(registry: Registry, published: Published) -> tuple[Result, ...]:
    """The results of the data files, then those that plugins bring along."""
    brought = (result for model in registry.models.values() for result in of_plugin(model))
    return (*published.results, *brought)
