"""Raises in build."""

from suite.contract import Plugin, Source


def build(*, seed, threads):
    raise ValueError("no such kernel")


PLUGIN = Plugin(
    title="raises_in_build",
    family="fake",
    view="flat",
    build=build,
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)
