"""The shapes of what the REST API takes and answers, for its handlers, its description and its client alike."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from webnn.core.leases import Outcome
from webnn.core.states import RunState

Place = Annotated[int, (("minimum", 0), ("maximum", 10_000))]
"""In the queue."""

Seed = Annotated[int, (("minimum", 0), ("maximum", 2**32 - 1))]

Seconds = Annotated[float, (("minimum", 0), ("maximum", 3_200_000_000))]
"""At most a hundred years."""

Span = Annotated[float, (("exclusiveMinimum", 0), ("maximum", 3_200_000_000))]

MAX_ROWS = 256
"""Examples that are shown to a live run's network at once."""

Point = list[float | bool | None]
"""A row of `history`, as docs/protocol.md has it."""


class ErrorWords(TypedDict):
    """`code` is one of the table in docs/protocol.md; `message` is for people."""

    code: str
    message: str


class NewestVersion(TypedDict):
    """A version of the weights that is still held."""

    version: int
    hash: str
    iterations: int


class ErrorAnswer(TypedDict):
    """What every refusal looks like. `newest` is there where weights are asked for that are gone."""

    error: ErrorWords
    newest: NotRequired[NewestVersion]


class Status(TypedDict):
    """How a run stands. Times in seconds, rates a second, `progress` and accuracies 0..1; `changes` of the settings."""

    id: str
    name: str
    dataset: str
    state: RunState
    reason: str | None
    version: int
    iterations: int
    epochs: float
    examples: int
    merges: int
    volunteers: int
    volunteers_total: int
    examples_per_second: float
    staleness: float
    outcomes: dict[Outcome, int]
    loss: float | None
    accuracy: float | None
    best_accuracy: float | None
    learning_rate: float
    bytes_in: int
    bytes_out: int
    seconds: float
    seconds_left: float | None
    progress: float
    merge: str
    changes: int
    num_weights: int


class RunView(Status):
    """A status with the run's place in the queue (0: the next; null: it does not wait), and whom it takes."""

    order: int | None
    bound: bool


class SavedRun(RunView):
    """`folder` on the server's disk has the files."""

    folder: str


class ReturnedRun(RunView):
    """`returned_to` is the version that the run goes on from."""

    returned_to: int


class NewRun(TypedDict):
    """What to train. `model` is the name of one of the server's models, or a whole definition.

    `settings` are laid over it (`training.batchSize=32`); `order` is a place in the queue (0: the next; null: last); a
    run that is `bound` takes only volunteers who chose it; without a `seed` one is drawn.
    """

    model: str | dict[str, Any]
    settings: NotRequired[list[str]]
    order: NotRequired[Place | None]
    bound: NotRequired[bool]
    seed: NotRequired[Seed | None]


class Again(TypedDict):
    """A new run like an earlier one: what is not given is as `NewRun` has it, and the seed the earlier one's."""

    settings: NotRequired[list[str]]
    order: NotRequired[Place | None]
    bound: NotRequired[bool]
    seed: NotRequired[Seed | None]


class Retrain(Again):
    """`weights`: those that did best on the validation split, or the last ones; best where it is left out."""

    weights: NotRequired[Literal["best", "final"]]


class ModelToCheck(TypedDict):
    """A model as `NewRun` has it, and the seed of its weights and batches."""

    model: str | dict[str, Any]
    settings: NotRequired[list[str]]
    seed: NotRequired[Seed | None]


class CheckReport(TypedDict):
    """What a model is. `sample` is a batch as the network sees it; `lease` what one costs a device like the server."""

    name: str
    description: str
    dataset: str
    training_examples: int
    validation_examples: int
    shards: int
    layers: list[dict[str, Any]]
    parameters: int
    trainable: int
    inputs: list[dict[str, Any]]
    sample: dict[str, Any]
    lease: dict[str, int]
    memory_bytes: int
    seconds_per_step: float
    batch_size: int
    loss: float | None
    warnings: list[str]


class Prune(TypedDict):
    """Runs go beyond the newest `keep` of their model, or when they are older (both, where both are given); and of
    finished runs that stay their checkpoints. `dry_run`: nothing goes, and the answer says what would.
    """

    keep: NotRequired[Annotated[int, (("minimum", 0), ("maximum", 1_000_000))] | None]
    older_than_seconds: NotRequired[Seconds | None]
    dry_run: NotRequired[bool]


class Removed(TypedDict):
    """A folder on the server's disk that went, or would go, and why."""

    run: str
    path: str
    reason: str
    bytes: int


class NewInvite(TypedDict):
    """A code of the owner's own, or one that is drawn; for so many devices and so long; else for all, and for ever."""

    code: NotRequired[str | None]
    uses: NotRequired[Annotated[int, (("minimum", 1), ("maximum", 1_000_000_000))] | None]
    seconds: NotRequired[Span | None]


class Invited(TypedDict):
    """A `code`, shown this once, and a `link` to the run that has it."""

    run: str
    number: int
    code: str
    link: str


class InviteView(TypedDict):
    """A code, by its number. Times are seconds since 1970; `expires` null: never; `uses` null: any number."""

    number: int
    created: float
    expires: float | None
    uses: int | None


class TokenSpan(TypedDict):
    """For how long a token is good; for ever where it is left out."""

    seconds: NotRequired[Span | None]


class NewToken(TokenSpan):
    """A token of a scope, `control` where it is left out."""

    name: Annotated[str, (("minLength", 1), ("maxLength", 60))]
    scope: NotRequired[Literal["watch", "control", "admin"]]


class MadeToken(TypedDict):
    """A `token`, shown this once."""

    token: str
    name: str
    scope: Literal["watch", "control", "admin"]


class TokenView(TypedDict):
    """A named token. Times are seconds since 1970; `expires` null: never."""

    name: str
    scope: Literal["watch", "control", "admin"]
    created: float
    expires: float | None


class NewPlace(TypedDict):
    """A place in the queue; 0: the next to start."""

    order: Place


class QueueView(TypedDict):
    """At most `at_most` runs go on at once: `running`. Those that are `waiting` start in this order."""

    at_most: int
    running: list[str]
    waiting: list[str]


class QueueChange(TypedDict):
    """Runs named in `waiting` come first, in this order; the others keep theirs behind them."""

    at_most: NotRequired[Annotated[int, (("minimum", 1), ("maximum", 1000))]]
    waiting: NotRequired[list[str]]


class RollBack(TypedDict):
    """`to` is the number of a version that a checkpoint has, or `"best"`."""

    to: int | Literal["best"]


class Health(TypedDict):
    """The server is well: its version, the build of its pages, how many runs it has."""

    status: str
    version: str
    build: str | None
    runs: int


class ModelEntry(TypedDict):
    """A model that the server has. `definition` is null where the file cannot be used, and `description` says why."""

    name: str
    description: str
    definition: dict[str, Any] | None


class DatasetEntry(TypedDict):
    """A dataset that the server has; `description` is the first line of its module."""

    name: str
    description: str


class History(TypedDict):
    """Validations and merges as points of docs/protocol.md."""

    validation: list[Point]
    training: list[Point]


class ModelView(TypedDict):
    """The `model` and `dataset` of docs/protocol.md's `welcome`."""

    model: dict[str, Any]
    dataset: dict[str, Any]


class Volunteer(TypedDict):
    """One volunteer by its label ("#1"); `standing` is one of `new`, `good`, `mixed`, `refused`."""

    label: str
    here: bool
    device: str
    kind: str
    backend: str
    iterations_per_second: float | None
    staleness: float | None
    joined: float
    iterations: int
    examples: int
    outcomes: dict[str, int]
    standing: str


class Volunteers(TypedDict):
    """The volunteers that are remembered: those here first, then by what they gave."""

    volunteers: list[Volunteer]


class Stored(TypedDict):
    """What is stored under a volunteer's id, run by run: `activity`, `device`, `standing` and the like."""

    volunteer_id: str
    runs: dict[str, dict[str, Any]]


class Forgotten(TypedDict):
    """In how many runs the volunteer was `forgotten`."""

    volunteer_id: str
    forgotten: int


class Dismissed(TypedDict):
    """Whether the volunteer was connected, and whether it may come back."""

    here: bool
    blocked: bool


class Events(TypedDict):
    """`count` events in all; of those asked for [seconds, kind, sentence]."""

    count: int
    events: list[list[float | str]]


class Download(TypedDict):
    """One of the formats of a run's result."""

    name: str
    title: str


class Owner(TypedDict):
    """The token is the owner's."""

    owner: bool


class SettingsChange(TypedDict):
    """One change of the settings, at `seconds` of running time."""

    seconds: float
    time: str
    words: str


class SettingsView(TypedDict):
    """A run's settings as a model file names them, how they changed, and the merge rules that there are."""

    settings: dict[str, Any]
    changes: list[SettingsChange]
    rules: list[str]


class Notes(TypedDict):
    """The owner's notes, plain text."""

    text: str


class Rights(TypedDict):
    """What the token allows: each scope also what those before it do."""

    scope: Literal["watch", "control", "admin"]
    downloads: list[Download]
    blocked: int


Which = Literal["current", "best"]
"""A version that a live run holds; of a run that is over the last one and the best."""


class Rates(TypedDict):
    """Of one class, or the mean of all: 0 to 1. F1 is the harmonic mean of the other two."""

    precision: float
    recall: float
    f1: float


class ClassRates(Rates):
    """`examples`: how many there are of the class."""

    label: str
    examples: int


class Evaluation(TypedDict):
    """What the held-out examples that were judged say of one version.

    `held_out` is how many examples the split has. Of a run that is over `model` is its name, `current` are the last
    weights and `version` is null: the files that it left do not tell.

    `kind` is classes, labels (several may hold at once) or values. Classes have all but the last three and `exact`, and
    no `confusion` where they are many (a row for each true class, a column for each predicted one); labels have `exact`
    (all labels of an example right); values have `mse`, `mae` and `r2` (null: not finite, or all targets are alike).
    """

    run: str
    model: NotRequired[str]
    weights: Which
    version: int | None
    split: Literal["train", "validation", "test"]
    held_out: int
    kind: Literal["classes", "labels", "values"]
    num_examples: int
    accuracy: NotRequired[float]
    exact: NotRequired[float]
    macro: NotRequired[Rates]
    per_class: NotRequired[list[ClassRates]]
    confusion: NotRequired[list[list[int]]]
    mse: NotRequired[float | None]
    mae: NotRequired[float | None]
    r2: NotRequired[float | None]


class Rows(TypedDict):
    """Examples to show to a run's network, one a row: its numbers as the dataset stores them, flat, inputs one after
    the other. `weights` is current where it is left out.
    """

    rows: Annotated[
        list[Annotated[list[float], (("minItems", 1),)]],
        (("minItems", 1), ("maxItems", MAX_ROWS)),
    ]
    weights: NotRequired[Which]


class Prediction(TypedDict):
    """What a network says of an example: the likeliest `label` and `probabilities`, or `values`; null: not finite."""

    label: NotRequired[str]
    probability: NotRequired[float | None]
    probabilities: NotRequired[dict[str, float | None]]
    values: NotRequired[list[float | None]]


class Predictions(TypedDict):
    """One prediction for each row, of one version (null: of a run that is over)."""

    run: str
    weights: Which
    version: int | None
    predictions: list[Prediction]


class ServerNumbers(TypedDict):
    """How the server fares, seen from one run."""

    merges_per_second: float
    bytes_in: int
    bytes_out: int
    bytes_per_second: float
    memory_bytes: int | None
    queue: int
    watchers: int
    volunteers: int
    connections: int


class Vitals(TypedDict):
    """`count` points in all; of those asked for [seconds, merges so far, bytes so far, memory in bytes, queue]."""

    count: int
    points: list[list[float | None]]


class Help(TypedDict):
    """The run that one more volunteer helps most; null where none needs help."""

    run: str | None


JsonObject = dict[str, Any]
"""An object that docs/protocol.md describes."""
