"""`webnn.Client`: a server and its runs, from a program."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlencode

from webnn.client.transport import TIMEOUT_SECONDS, Transport
from webnn.core.shapes import (
    CheckReport,
    DatasetEntry,
    Dismissed,
    Evaluation,
    Events,
    Health,
    History,
    Invited,
    InviteView,
    MadeToken,
    ModelEntry,
    ModelView,
    Predictions,
    QueueView,
    Removed,
    ReturnedRun,
    Rights,
    RunView,
    SavedRun,
    TokenView,
    Volunteer,
    Which,
)
from webnn.core.states import RunState


class Client:
    """Asks a server. Each call waits for its answer, and raises `WebNNError` with the server's sentence if refused.

        client = webnn.Client("http://127.0.0.1:8888", token="...")
        run = client.create_run("digits-mlp", ["training.batchSize=32"])
        for status in client.watch(run["id"]):
            print(status["state"], status["accuracy"])

    `token` is the owner's, needed for whatever changes a run. `cert` is a PEM file to trust besides: the server's own
    certificate, or its authority's; `any_name`: it need not be for the address that the server is reached by.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        cert: Path | None = None,
        any_name: bool = False,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._transport = Transport(url, token, cert=cert, any_name=any_name, timeout_seconds=timeout_seconds)

    @property
    def url(self) -> str:
        """The server's address."""
        return self._transport.url

    def health(self) -> Health:
        """Say how the server is."""
        return cast(Health, self._transport.ask("GET", "health"))

    def models(self) -> list[ModelEntry]:
        """List the models that a run can be made of."""
        return cast(list[ModelEntry], self._transport.ask("GET", "models"))

    def datasets(self) -> list[DatasetEntry]:
        """List the datasets that a model can name."""
        return cast(list[DatasetEntry], self._transport.ask("GET", "datasets"))

    # runs

    def runs(self) -> list[RunView]:
        """List the runs."""
        return cast(list[RunView], self._transport.ask("GET", "runs"))

    def run(self, run: str) -> RunView:
        """Show how a run stands."""
        return cast(RunView, self._transport.ask("GET", "runs", run))

    def create_run(
        self,
        model: str | dict[str, Any],
        settings: Sequence[str] = (),
        *,
        order: int | None = None,
        bound: bool = False,
        seed: int | None = None,
    ) -> RunView:
        """Let a new run of a model (a name of the server's, or a whole definition) wait for its turn.

        `settings` are laid over the model; `order` is a place in the queue (0: the next); a run that is `bound` takes
        only volunteers who chose it.
        """
        body = {"model": model, "settings": list(settings), "order": order, "bound": bound, "seed": seed}
        return cast(RunView, self._transport.ask("POST", "runs", body=body))

    def retrain(
        self, run: str, settings: Sequence[str] = (), *, weights: Literal["best", "final"] = "best", **more: Any
    ) -> RunView:
        """Let a new run wait that starts from the weights that `run` left; `more` as `create_run` has it."""
        body = {"settings": list(settings), "weights": weights, **more}
        return cast(RunView, self._transport.ask("POST", "runs", run, "retrain", body=body))

    def reset(self, run: str, settings: Sequence[str] = (), **more: Any) -> RunView:
        """Let a new run wait that does `run` again from its beginning, with its seed; `more` as `create_run` has it."""
        body = {"settings": list(settings), **more}
        return cast(RunView, self._transport.ask("POST", "runs", run, "reset", body=body))

    def check(
        self, model: str | dict[str, Any], settings: Sequence[str] = (), *, seed: int | None = None
    ) -> CheckReport:
        """Say what a model is, and whether the server can train it."""
        body = {"model": model, "settings": list(settings), "seed": seed}
        return cast(CheckReport, self._transport.ask("POST", "check", body=body))

    def delete_run(self, run: str, *, force: bool = False) -> None:
        """Remove a run that is over, or waits, and its files; `force`: one too that another run starts from."""
        self._transport.ask("DELETE", "runs", run, query="force=true" if force else "")

    def prune(
        self, keep: int | None = None, older_than_seconds: float | None = None, *, dry_run: bool = False
    ) -> list[Removed]:
        """Remove runs beyond the newest `keep` of their model, or older (both, where both are given), and what finished
        runs need no more; `dry_run`: say what would go.
        """
        body = {"keep": keep, "older_than_seconds": older_than_seconds, "dry_run": dry_run}
        return cast(list[Removed], self._transport.ask("POST", "prune", body=body))

    def start(self, run: str) -> RunView:
        """Let a stopped or failed run wait, to go on where it was left."""
        return self._control(run, "start")

    def pause(self, run: str) -> RunView:
        """Give out no more work; volunteers wait."""
        return self._control(run, "pause")

    def resume(self, run: str) -> RunView:
        """Let a paused run go on."""
        return self._control(run, "resume")

    def stop(self, run: str) -> RunView:
        """End a run and save it, or take it out of the queue."""
        return self._control(run, "stop")

    def save(self, run: str) -> SavedRun:
        """Write a checkpoint and the model's files, on the server's disk."""
        return cast(SavedRun, self._control(run, "save"))

    def roll_back(self, run: str, to: int | Literal["best"]) -> ReturnedRun:
        """Go on from an earlier version."""
        return cast(ReturnedRun, self._transport.ask("POST", "runs", run, "rollback", body={"to": to}))

    def change_settings(self, run: str, settings: dict[str, Any]) -> RunView:
        """Change settings of a run that goes on, such as `{"learningRate": 0.01}`."""
        return cast(RunView, self._transport.ask("POST", "runs", run, "settings", body=settings))

    # the queue

    def queue(self) -> QueueView:
        """Show which runs go on and which wait."""
        return cast(QueueView, self._transport.ask("GET", "queue"))

    def change_queue(self, waiting: Sequence[str] = (), *, at_most: int | None = None) -> QueueView:
        """Put waiting runs first, in this order; let another number of runs go on at once."""
        body: dict[str, Any] = {"waiting": list(waiting)}
        if at_most is not None:
            body["at_most"] = at_most
        return cast(QueueView, self._transport.ask("PUT", "queue", body=body))

    def move(self, run: str, order: int) -> RunView:
        """Give a waiting run another place; 0: the next to start."""
        return cast(RunView, self._transport.ask("POST", "runs", run, "order", body={"order": order}))

    # what happens in a run

    def model(self, run: str) -> ModelView:
        """Show what a run trains, on what: its model and its dataset."""
        return cast(ModelView, self._transport.ask("GET", "runs", run, "model"))

    def metrics(self, run: str) -> History:
        """Show the history of a run."""
        return cast(History, self._transport.ask("GET", "runs", run, "metrics"))

    def evaluation(
        self, run: str, weights: Which = "current", split: Literal["train", "validation", "test"] | None = None
    ) -> Evaluation:
        """Score a run's network: accuracy, precision, recall, F1, confusion. Live runs are scored on their validation
        split; of one that is over None is the test split, where there is none the validation split.
        """
        query = urlencode({"weights": weights} | ({} if split is None else {"split": split}))
        return cast(Evaluation, self._transport.ask("GET", "runs", run, "evaluation", query=query))

    def predict(self, run: str, rows: Sequence[Sequence[float]], weights: Which = "current") -> Predictions:
        """Show examples to a run's network, each a flat row of numbers as the dataset stores them."""
        body = {"rows": [list(row) for row in rows], "weights": weights}
        return cast(Predictions, self._transport.ask("POST", "runs", run, "predict", body=body))

    def events(self, run: str, since: int = 0) -> Events:
        """Show what befell a run after the first `since` events."""
        return cast(Events, self._transport.ask("GET", "runs", run, "events", query=urlencode({"since": since})))

    def volunteers(self, run: str) -> list[Volunteer]:
        """List the volunteers of a run."""
        return cast(list[Volunteer], self._transport.ask("GET", "runs", run, "volunteers")["volunteers"])

    def kick(self, run: str, number: int) -> Dismissed:
        """Send volunteer `number` away for now."""
        return self._send(run, number, "kick")

    def block(self, run: str, number: int) -> Dismissed:
        """Send volunteer `number` away for good."""
        return self._send(run, number, "block")

    def unblock(self, run: str, number: int) -> Dismissed:
        """Let volunteer `number` come back."""
        return self._send(run, number, "unblock")

    # who may

    def invites(self, run: str) -> list[InviteView]:
        """List a run's codes, without the codes themselves."""
        return cast(list[InviteView], self._transport.ask("GET", "runs", run, "invites"))

    def invite(
        self, run: str, code: str | None = None, *, uses: int | None = None, seconds: float | None = None
    ) -> Invited:
        """Make a code (None: one is drawn); from the first on, the run takes only volunteers who have one."""
        body = {"code": code, "uses": uses, "seconds": seconds}
        return cast(Invited, self._transport.ask("POST", "runs", run, "invites", body=body))

    def end_invite(self, run: str, number: int) -> None:
        """End a code; who came with it may not again."""
        self._transport.ask("DELETE", "runs", run, "invites", str(number))

    def open_run(self, run: str) -> None:
        """Forget a run's codes: everyone may come."""
        self._transport.ask("DELETE", "runs", run, "invites")

    def tokens(self) -> list[TokenView]:
        """List the named tokens, without the tokens themselves."""
        return cast(list[TokenView], self._transport.ask("GET", "tokens"))

    def new_token(
        self, name: str, scope: Literal["watch", "control", "admin"] = "control", seconds: float | None = None
    ) -> MadeToken:
        """Make a token; nobody can read it later."""
        body = {"name": name, "scope": scope, "seconds": seconds}
        return cast(MadeToken, self._transport.ask("POST", "tokens", body=body))

    def rotate_token(self, name: str, seconds: float | None = None) -> MadeToken:
        """Put a new token in a token's place."""
        return cast(MadeToken, self._transport.ask("POST", "tokens", name, "rotate", body={"seconds": seconds}))

    def end_token(self, name: str) -> None:
        """End a token, at once."""
        self._transport.ask("DELETE", "tokens", name)

    def rights(self, run: str) -> Rights:
        """Say what the token allows."""
        return cast(Rights, self._transport.ask("GET", "runs", run, "owner"))

    def download(self, run: str, name: str) -> bytes:
        """The result as it is now, or was at the end: `best.keras`, `current-tfjs.zip`, `version-7.npz`, `metrics.csv`,
        `model.json`, `MODEL_CARD.md`; docs/api.md has them all.
        """
        return self._transport.read("GET", "runs", run, "download", name)

    def watch(self, run: str, every_seconds: float = 1.0) -> Iterator[RunView]:
        """Yield how a run stands, now and then, until it is over; the last is how it ended."""
        while True:
            status = self.run(run)
            yield status
            if RunState(status["state"]).over:
                return
            time.sleep(every_seconds)

    def _control(self, run: str, action: str) -> RunView:
        return cast(RunView, self._transport.ask("POST", "runs", run, action, body={}))

    def _send(self, run: str, number: int, action: str) -> Dismissed:
        return cast(Dismissed, self._transport.ask("POST", "runs", run, "volunteers", str(number), action, body={}))
