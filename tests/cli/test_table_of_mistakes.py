"""A table of what people get wrong: each row gives a sentence that names it, exit code 2, and no traceback."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from webnn.cli.main import run

LAYERS = [{"flatten": {}}, {"dense": {"units": 10, "activation": "softmax"}}]
MODELS: dict[str, object] = {
    "mine": {"dataset": "digits", "layers": LAYERS},
    "extra-key": {"dataset": "digits", "layers": LAYERS, "optimiser": "adam"},
    "no-network": {"dataset": "digits"},
    "no-dataset": {"layers": LAYERS},
    "far-topology": {"dataset": "digits", "topology": "nowhere.json"},
    "wrong-layer": {"dataset": "digits", "layers": [{"dens": {"units": 1}}]},
    "wrong-optimizer": {"dataset": "digits", "layers": LAYERS, "optimizer": "adamm"},
    "wrong-merge": {"dataset": "digits", "layers": LAYERS, "merge": {"fedbuff": {"sise": 3}}},
    "no-such-dataset": {"dataset": "digit", "layers": LAYERS},
    "raises": {"dataset": "raises", "layers": LAYERS},
    "no-load": {"dataset": "no_load", "layers": LAYERS},
    "not-python": {"dataset": "not_python", "layers": LAYERS},
    "returns-none": {"dataset": "returns_none", "layers": LAYERS},
    "wrong-option": {"dataset": {"digits": {"validaton": 0.1}}, "layers": LAYERS},
}
TEXTS = {
    "models/broken.json": "{",
    "models/twice.json": '{"dataset": "digits", "dataset": "mnist", "layers": []}',
    "models/list.json": "[]",
    "datasets/raises.py": "def load(options, data_dir):\n    return [][1]\n",
    "datasets/no_load.py": "",
    "datasets/not_python.py": "def load(:\n",
    "datasets/returns_none.py": "def load(options, data_dir):\n    return None\n",
    "file": "",
    "nonsense.pem": "nonsense",
    "population.json": "{",
    "notes.txt": "hello",
    "README.md": "mine",
}

MISTAKES = [
    # the command line itself
    (["trian", "mine"], 'Did you mean "train"?'),
    (["train"], "Missing argument 'NAME'"),
    (["train", "mine", "--prot", "1"], "No such option '--prot'"),
    (["train", "mine", "--port", "70000"], "70000 is not in the range"),
    (["train", "mine", "--port", "http"], "'http' is not a valid int"),
    (["train", "mine", "--workers", "-1"], "-1 is not in the range"),
    (["train", "mine", "--share", "0"], "0.0 is not in the range"),
    (["train", "mine", "--seed", "-1"], "-1 is not in the range"),
    (["train", "mine", "--log-level", "loud"], "'loud' is not one of"),
    # names
    (["train", "digits-cn"], 'Did you mean "digits-cnn"?'),
    (["train", "nowhere.json"], "no model file nowhere.json"),
    (["train", "no-such-dataset"], 'Did you mean "digits"?'),
    (["check", "minee"], 'Did you mean "mine"?'),
    # model files
    (["train", "broken"], "line 1, column 2: this is not valid JSON"),
    (["train", "twice"], 'the key "dataset" stands twice'),
    (["train", "list"], "list.json"),
    (["train", "extra-key"], "optimizer"),
    (["train", "no-network"], "layers"),
    (["train", "no-dataset"], "dataset"),
    (["train", "far-topology"], "there is no file"),
    (["check", "wrong-layer"], "dense"),
    (["train", "wrong-optimizer"], "adam"),
    (["train", "wrong-merge"], "size"),
    # settings
    (["train", "mine", "--set", "nonsense"], "write KEY=VALUE"),
    (["train", "mine", "--set", "training.batchSise=3"], "training.batchSize"),
    (["train", "mine", "--set", "training.batchSize=many"], "batchSize"),
    (["train", "mine", "--set", "training.batchSize=0"], "batchSize"),
    (["train", "mine", "--set", "layers[7].dense.units=3"], "there is no entry 7"),
    (["train", "mine", "--merge", "avrage"], "average"),
    # datasets
    (["train", "raises"], "raises.py, line 2"),
    (["train", "no-load"], "has no function load"),
    (["train", "not-python"], "this is not valid Python"),
    (["train", "returns-none"], "must return a webnn.data.Dataset"),
    (["train", "wrong-option"], 'Did you mean "validation"?'),
    # addresses and places
    (["train", "mine", "--port", "TAKEN"], "--port"),
    (["train", "mine", "--public-url", "example.org"], "must look like https://"),
    (["train", "mine", "--path-prefix", "/a b"], "The prefix may have letters"),
    (["train", "mine", "--embed-origin", "example.org"], "looks like https://example.org"),
    (["train", "mine", "--trusted-proxy", "proxy.example"], "A trusted proxy is an address or a network"),
    (["train", "mine", "--password", "short"], "A password has 8 to 100"),
    (["train", "mine", "--sign-in", "nowhere:f"], "cannot be loaded"),
    (["train", "mine", "--tls-cert", "file"], "TLS needs both files"),
    (["train", "mine", "--tls-cert", "nowhere.pem", "--tls-key", "file"], "'nowhere.pem' does not exist"),
    (["train", "mine", "--tls-cert", "nonsense.pem", "--tls-key", "nonsense.pem"], "not a PEM certificate"),
    (["train", "mine", "--runs-dir", "file"], "'file' is a file"),
    (["train", "mine", "--runs-dir", "file/runs"], "Runs cannot be written to"),
    (["train", "mine", "--webhook", "ftp://example.org"], "A webhook looks like"),
    (["train", "mine", "--webhook", "example.org/hook"], "A webhook looks like"),
    (["train", "mine", "--webhook", "http://example.org", "--stall-seconds", "-1"], "is not in the range"),
    # a project
    (["init", "."], "README.md is there already"),
    (["init", "file"], "file is a file"),
    (["new", "a/b"], "cannot be a model's name"),
    (["new", "../mine"], "cannot be a model's name"),
    (["new", ""], "cannot be a model's name"),
    (["new", "mine"], "is there already"),
    (["new", "other", "--dataset", "digit"], 'Did you mean "digits"?'),
    (["new", "other", "--from", "digits-cn"], 'Did you mean "digits-cnn"?'),
    (["new", "other", "--dataset", "raises"], "raises.py, line 2"),
    (["copy", "mine", "mine"], "is there already"),
    (["copy", "minee", "other"], 'Did you mean "mine"?'),
    (["copy", "broken", "other"], "this is not valid JSON"),
    (["copy", "mine", "other", "--set", "merge=avrage"], "average"),
    # runs that are not there
    (["evaluate", "mine"], "`wnn train NAME` makes one"),
    (["retrain", "mine"], "`wnn train NAME` makes one"),
    (["reset", "mine"], "`wnn train NAME` makes one"),
    (["predict", "mine", "notes.txt"], "`wnn train NAME` makes one"),
    (["predict", "mine", "nowhere.npy"], "'nowhere.npy' does not exist"),
    (["predict", "mine"], "Missing argument 'FILE...'"),
    (["evaluate", "mine", "--split", "tset"], "'tset' is not one of"),
    (["rm", "mine", "--yes"], "There is no run"),
    (["rm"], "Missing argument 'RUN...'"),
    (["pause"], "There are no runs in"),
    (["stop", "mine"], "There are no runs in"),
    (["save", "--runs-dir", "nowhere"], "There are no runs in nowhere"),
    (["rollback", "--to", "yesterday"], "a version's number"),
    (["replay"], "There are no runs in"),
    # the others
    (["prune", "--older-than", "soon"], "as in 12h, 30d or 2w"),
    (["prune", "--older-than", "99999999999999d"], "longer than there have been runs"),
    (["prune", "--keep", "-1"], "is not in the range"),
    (["completion", "tcsh"], "'tcsh' is not one of"),
    (["doctor", "--port", "0"], "0 is not in the range"),
    (["simulate", "mine", "--volunteers", "two"], "numbers with commas between"),
    (["simulate", "mine", "--merge", "avrage"], "average"),
    (["simulate", "mine", "--merge", "{"], "is not JSON"),
    (["simulate", "mine", "--population", "population.json"], "population.json"),
]

OF_A_RUN = [
    (["evaluate", "digits-mpl"], 'Did you mean "digits-mlp"?'),
    (["evaluate", "digits-mlp", "--split", "test"], "has no test split; it has train and validation"),
    (["predict", "digits-mlp", "wrong-shape.npy"], "holds 3 x 3, but the model takes 8 x 8 x 1"),
    (["predict", "digits-mlp", "notes.txt"], "is none of the files that can be shown"),
    (["predict", "digits-mlp", "garbage.npy"], "cannot be read as npy"),
    (["predict", "digits-mlp", "garbage.npz"], "cannot be read as npz"),
    (["predict", "digits-mlp", "garbage.png"], "cannot be read as png"),
    (["predict", "digits-mlp", "words.csv"], "cannot be read as csv"),
    (["predict", "digits-mlp", "empty.csv"], "there is no row of numbers"),
    (["predict", "digits-mlp", "text.npy"], "not numbers"),
    (["predict", "digits-mlp", "nan.npy"], "not finite"),
    (["predict", "digits-mlp", "two.npz"], "has 2 arrays, but the model takes 1"),
    (["retrain", "digits-mlp", "--set", "training.batchSise=1"], "training.batchSize"),
    (["reset", "digits-mlp", "--merge", "avrage"], "average"),
    (["rm", "digits-mpl", "--yes"], "There is no run"),
    (["rm", "digits-mlp"], "--yes"),
    (["pause", "digits-mlp"], "No process serves the run"),
    (["resume"], "No process serves the run"),
    (["stop", "digits-mpl"], "digits-mlp"),
    (["rollback", "--to", "best"], "No process serves the run"),
]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with models, datasets and files, most of them wrong; it is the current one."""
    fill(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fill(folder: Path) -> None:
    for name in ("models", "datasets"):
        (folder / name).mkdir(exist_ok=True)
    for name, model in MODELS.items():
        (folder / "models" / f"{name}.json").write_text(json.dumps(model), "utf-8")
    for name, text in TEXTS.items():
        (folder / name).write_text(text, "utf-8")


@pytest.fixture
def taken_port() -> Iterator[str]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield str(other.getsockname()[1])


def refused(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Hold a command line against its row: it is refused, in one sentence or a few, that name what is wrong."""
    if arguments[0] in ("train", "retrain", "reset") and "--port" not in arguments and len(arguments) > 1:
        arguments = [*arguments, "--no-open", "--port", "0"]
    assert run(arguments) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    said = error.strip().split("\n\n")[-1]  # click shows the usage before it
    assert words in " ".join(said.split())
    assert len(said) < 900
    assert said.rstrip().endswith((".", "?", ")", "]", "'", '"')), said


@pytest.mark.parametrize(("arguments", "words"), MISTAKES, ids=[" ".join(row[0]) for row in MISTAKES])
def test_mistake_is_named(
    arguments: list[str], words: str, project: Path, taken_port: str, capsys: pytest.CaptureFixture[str]
):
    refused([taken_port if argument == "TAKEN" else argument for argument in arguments], words, capsys)
    assert not (project / "runs").exists()


@pytest.mark.node
@pytest.mark.parametrize(("arguments", "words"), OF_A_RUN, ids=[" ".join(row[0]) for row in OF_A_RUN])
def test_mistake_with_a_run_is_named(
    arguments: list[str], words: str, trained: Path, capsys: pytest.CaptureFixture[str]
):
    fill(trained)
    np.save("wrong-shape.npy", np.zeros((3, 3)))
    np.save("nan.npy", np.full((8, 8, 1), np.nan))
    np.save("text.npy", np.array(["a"] * 64))
    np.savez("two.npz", a=np.zeros((8, 8, 1)), b=np.zeros(3))
    for name in ("garbage.npy", "garbage.npz", "garbage.png"):
        Path(name).write_bytes(b"garbage")
    Path("words.csv").write_text("1,2\none,two\n", "utf-8")
    Path("empty.csv").write_text("a,b\n", "utf-8")
    before = sorted(path.name for path in Path("runs").iterdir())
    refused(arguments, words, capsys)
    assert sorted(path.name for path in Path("runs").iterdir()) == before


def test_table_has_forty_rows_and_more():
    assert len({" ".join(arguments) for arguments, _ in MISTAKES + OF_A_RUN}) >= 40


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("WNN_PROT=1", 'Did you mean "WNN_PORT"?'),
        ("WNN_PORT=many", "'many' is not a valid int"),
        ("WNN_WEBHOOK=nonsense", "A webhook looks like"),
    ],
)
def test_mistake_in_the_environment_is_named(
    setting: str, words: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv(*setting.split("="))
    assert run(["train", "mine", "--no-open"]) == 2
    assert words in " ".join(capsys.readouterr().err.split())


@pytest.mark.node
def test_token_that_cannot_be_read_is_named(
    trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("webnn.server.resuming.is_live", lambda folder: True)
    Path("runs", "owner-token").unlink()
    refused(["pause"], "The owner's token cannot be read", capsys)


@pytest.mark.node
def test_live_run_that_does_not_answer_is_named_and_not_removed(
    trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("webnn.server.resuming.is_live", lambda folder: True)
    refused(["pause"], "does not answer", capsys)
    refused(["rm", "digits-mlp", "--yes"], "is being served", capsys)


@pytest.mark.node
@pytest.mark.parametrize(
    "damage", ["{", "{}", '{"model": {"dataset": 3}, "seed": 1, "created": "2026", "model_file": null}']
)
def test_damaged_run_is_named(trained: Path, damage: str, capsys: pytest.CaptureFixture[str]):
    (config,) = Path("runs").glob("*/config.json")
    config.write_text(damage, "utf-8")
    refused(["evaluate", config.parent.name], "", capsys)


@pytest.mark.node
def test_run_without_weights_is_named(trained: Path, capsys: pytest.CaptureFixture[str]):
    import shutil

    for path in (*Path("runs").glob("*/*.safetensors"), *Path("runs").glob("*/checkpoint")):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    refused(["evaluate", "digits-mlp"], "has no weights yet", capsys)
    refused(["retrain", "digits-mlp"], "has no files of weights", capsys)
