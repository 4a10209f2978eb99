"""Crafted model files: each is refused, and nothing in them is executed."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suite.errors import ModelError
from suite.models_io.files import read


class Bomb:
    """A pickle of it makes a file when it is loaded."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return open, (str(self.marker), "w")


@pytest.fixture
def marker(tmp_path):
    """A file that must not come into being."""
    path = tmp_path / "executed"
    yield path
    assert not path.exists()


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(content, compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return buffer.getvalue()


@pytest.mark.parametrize("format_", ["keras", "skops"])
def test_a_pickle_is_no_model(plant, refused, marker, format_):
    assert "no intact zip archive" in refused(plant(format_, pickle.dumps(Bomb(marker))), format_)


@pytest.mark.parametrize("format_", ["keras", "skops"])
def test_a_pickle_inside_is_not_read(plant, saved, refused, marker, format_):
    content = members(saved[format_]) | {"data.pkl": pickle.dumps(Bomb(marker))}
    assert "unexpected member 'data.pkl'" in refused(plant(format_, packed(content)), format_)


def test_a_pickled_array_is_not_read(plant, saved, refused, marker):
    import numpy as np

    array = io.BytesIO()
    np.save(array, np.array([Bomb(marker)], dtype=object), allow_pickle=True)
    content = members(saved["skops"])
    name = next(name for name in content if name.endswith(".npy"))
    refused(plant("skops", packed(content | {name: array.getvalue()})), "skops")


@pytest.mark.parametrize("format_", ["keras", "skops"])
def test_zip_bombs_are_refused(plant, saved, refused, format_):
    content = members(saved[format_])
    bomb = packed(content, zipfile.ZIP_DEFLATED)
    assert "compressed" in refused(plant(format_, bomb), format_)
    lies = packed(content).replace(b"PK\x01\x02", b"PK\x01\x02", 1)
    start = lies.index(b"PK\x01\x02")
    lies = lies[: start + 24] + b"\xf0\xff\xff\x0f" + lies[start + 28 :]  # its size in the list
    assert "compressed" in refused(plant(format_, lies), format_)


@pytest.mark.parametrize("format_", ["keras", "skops"])
def test_members_that_overlap_are_refused(plant, saved, refused, format_):
    content = packed(members(saved[format_]))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        first = archive.infolist()[0]
        buffer = io.BytesIO(content)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.filelist.append(first)
        archive._didModify = True
    assert "same name" in refused(plant(format_, buffer.getvalue()), format_)


def skops_of(schema):
    return packed({"schema.json": json.dumps(schema | {"protocol": 2, "_skops_version": "0.16"})})


def node(loader, module, name, **rest):
    return {"__class__": name, "__module__": module, "__loader__": loader, "__id__": 1, **rest}


def text(value):
    return node("JsonNode", "builtins", "str", content=json.dumps(value), is_json=True, __id__=2)


def arguments(*values):
    return node("TupleNode", "builtins", "tuple", content=[text(v) for v in values], __id__=3)


@pytest.mark.parametrize(
    "make",
    [
        lambda m: node("ConstructorFromReduceNode", "builtins", "open", content=arguments(m, "w")),
        lambda m: node("ConstructorFromReduceNode", "subprocess", "Popen",
                       content=arguments(["touch", m])),
        lambda m: node("ObjectNode", "suite.records.store", "Store", content=None),
        lambda m: node("FunctionNode", "os", "system"),
        lambda m: node("TypeNode", "builtins", "eval"),
        lambda m: node("MethodNode", "builtins", "str",
                       content={"func": "format", "obj": text(m)}),
        lambda m: node("OperatorFuncNode", "operator", "methodcaller", attrs=arguments("touch")),
        lambda m: node("PartialNode", "functools", "partial", content={
            "func": node("FunctionNode", "os", "system"), "args": arguments(m),
            "kwds": text({}), "namespace": text({})}),
        lambda m: node("NoSuchNode", "builtins", "str"),
        lambda m: text("no model"),
        lambda m: {},
    ],
)  # fmt: skip
def test_a_skops_file_that_names_code_is_refused(plant, refused, marker, make):
    refused(plant("skops", skops_of(make(str(marker)))), "skops")


def test_what_is_trusted_does_not_depend_on_the_file(plant, refused):
    schema = node("ObjectNode", "baselines._helpers", "benchmark_source", content=None)
    assert "benchmark_source" in refused(plant("skops", skops_of(schema)), "skops")


@pytest.mark.parametrize(("format_", "name"), [("skops", "left_child"), ("hist", "left")])
@pytest.mark.parametrize("child", [0, 1_000_000, 2**31 - 1])
def test_a_tree_that_leads_out_of_itself_or_in_circles_is_refused(
    plant, saved, refused, format_, name, child
):
    import numpy as np

    content = members(saved[format_])
    for file, data in content.items():
        array = np.load(io.BytesIO(data)) if file.endswith(".npy") else np.zeros(1)
        if array.dtype.names and name in array.dtype.names and len(array) > 2:
            array[name][0] = child
            changed = io.BytesIO()
            np.save(changed, array)
            content[file] = changed.getvalue()
    told = refused(plant("skops", packed(content)), "skops")
    assert "do not belong together" in told


def keras_with(saved, change):
    content = members(saved["keras"])
    config = json.loads(content["config.json"])
    change(config)
    return packed(content | {"config.json": json.dumps(config)})


def put(layer):
    return lambda config: config["config"]["layers"].insert(1, layer)


@pytest.mark.parametrize(
    "change",
    [
        put({"module": "keras.layers", "class_name": "Lambda", "registered_name": None,
             "config": {"name": "l", "function": {"class_name": "__lambda__", "config": {}}}}),
        put({"module": "builtins", "class_name": "exec", "registered_name": None, "config": {}}),
        put({"module": "keras.utils", "class_name": "get_file", "registered_name": None,
             "config": {"origin": "http://localhost"}}),
        put({"module": "keras.layers", "class_name": "TFSMLayer", "registered_name": None,
             "config": {"filepath": "."}}),
        put({"module": "keras.layers", "class_name": "StringLookup", "registered_name": None,
             "config": {"vocabulary": "secret.txt"}}),
        put({"module": "my_module", "class_name": "Dense", "registered_name": None, "config": {}}),
        put({"module": "keras.layers", "class_name": "Dense", "registered_name": "mine>Dense",
             "config": {}}),
        put({"module": "os", "config": "system"}),
        lambda config: config["config"]["layers"][1]["config"].update(
            activation={"module": "builtins", "class_name": "function", "config": "eval"}),
        lambda config: config.update(compile_config={"optimizer": {
            "module": "keras.config", "class_name": "enable_unsafe_deserialization",
            "config": {}}}),
        lambda config: config.update(class_name="Lambda"),
        lambda config: config.update(module="\n\x1b[2J"),
        lambda config: config.update(class_name=["Sequential"]),
        lambda config: config["config"]["layers"].pop(),
    ],
)  # fmt: skip
def test_a_network_with_anything_but_listed_layers_is_refused(plant, saved, refused, change):
    refused(plant("keras", keras_with(saved, change)), "keras")


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own
def test_a_lambda_as_keras_writes_it_is_not_executed(plant, refused, marker, tmp_path):
    import keras

    path = tmp_path / "lambda.keras"
    touch = f"__import__('pathlib').Path({str(marker)!r}).touch()"
    network = keras.Sequential([
        keras.Input((28, 28, 1)),
        keras.layers.Lambda(eval(f"lambda x: ({touch}, x)[1]")),
        keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax"),
    ])  # fmt: skip
    network.save(path)
    marker.unlink()
    told = refused(plant("keras", path.read_bytes()), "keras")
    assert "keras.layers.Lambda is not among the layers that may be loaded" in told
    assert not marker.exists()
    keras.saving.load_model(path, safe_mode=False)
    marker.unlink()  # so that the file would have done it


@pytest.mark.parametrize("kind", ["external link", "external data", "virtual", "too large"])
def test_weights_from_elsewhere_are_refused(plant, saved, refused, tmp_path, kind):
    import h5py

    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["x"] = [1.0, 2.0]
    weights = tmp_path / "weights.h5"
    content = members(saved["keras"])
    weights.write_bytes(content["model.weights.h5"])
    with h5py.File(weights, "a") as file:
        if kind == "external link":
            file["stolen"] = h5py.ExternalLink(str(secret), "/x")
        elif kind == "external data":
            file.create_dataset("stolen", (2,), "f4", external=[(str(secret), 0, 8)])
        elif kind == "virtual":
            layout = h5py.VirtualLayout((2,), "f8")
            layout[:] = h5py.VirtualSource(str(secret), "x", (2,))
            file.create_virtual_dataset("stolen", layout)
        else:
            file.create_dataset("bomb", (10**6, 10**5), "f4")
    changed = packed(content | {"model.weights.h5": weights.read_bytes()})
    assert "its weights" in refused(plant("keras", changed), "keras")


@settings(max_examples=60,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(data=st.data(), format_=st.sampled_from(["keras", "skops"]))
def test_what_is_cut_short_anywhere_is_refused(plant, saved, data, format_):
    whole = saved[format_].read_bytes()
    path = plant(format_, whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(ModelError):
        read(path, format_)


@settings(max_examples=100,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(data=st.data())
def test_a_damaged_schema_raises_nothing_but_a_refusal(plant, saved, data):
    content = members(saved["svm"])
    schema = content["schema.json"].decode()
    start = data.draw(st.integers(0, len(schema) - 1))
    new = data.draw(st.text(max_size=5))
    changed = (schema[:start] + new + schema[start + len(new) + 1 :]).encode()
    path = plant("skops", packed(content | {"schema.json": changed}))
    with suppress(ModelError):  # it may be in a name that nobody reads
        read(path, "skops")
