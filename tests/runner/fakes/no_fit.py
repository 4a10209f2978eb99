"""Returns something that can't fit."""

from suite.contract import Plugin, Source


def build(*, seed, threads):
    return object()


PLUGIN = Plugin(
    title="no_fit",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
