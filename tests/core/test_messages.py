"""Messages: each is read strictly, and each server message is a header that a frame can hold."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webnn.core import messages
from webnn.core.encoding import Encoding
from webnn.core.errors import ERRORS, ProtocolError
from webnn.core.frames import decode_frame, encode_frame
from webnn.core.leases import Lease, Outcome, Part
from webnn.core.merging.base import Wants
from webnn.core.messages import decode_client_message, parse_client_message
from webnn.core.metrics import TrainingMetrics
from webnn.core.states import RunState, WaitReason

HELLO: dict[str, Any] = {
    "type": "hello",
    "protocol": 1,
    "build": None,
    "role": "volunteer",
    "volunteer_id": None,
    "secret": None,
    "device": {"kind": "browser", "name": "Firefox on Linux"},
    "encodings": {"up": ["f16"], "down": ["zip", "f16", "f32"]},
}
READY: dict[str, Any] = {"type": "ready", "backend": "webgl", "seconds_per_iteration": 0.02, "version": 3}
PROGRESS: dict[str, Any] = {"type": "progress", "lease_id": "0-1", "iterations": 7, "loss": 0.5, "accuracy": None}
UPDATE: dict[str, Any] = {
    "type": "update",
    "lease_id": "0-1",
    "base_version": 3,
    "iterations": 10,
    "num_examples": 640,
    "seconds": 2,
    "encoding": "f32",
    "loss": 0.25,
    "accuracy": 0.9,
}
ABANDON: dict[str, Any] = {"type": "abandon", "lease_id": "0-1", "reason": "hidden"}
STATUS: dict[str, Any] = {"type": "status", "state": "paused"}
GOODBYE: dict[str, Any] = {"type": "goodbye", "reason": "closed"}
ALL = [HELLO, READY, PROGRESS, UPDATE, ABANDON, STATUS, GOODBYE]


def test_each_client_message_is_read_as_its_own_value() -> None:
    assert parse_client_message(HELLO) == messages.Hello(
        build=None,
        role=messages.Role.VOLUNTEER,
        volunteer_id=None,
        secret=None,
        device_kind=messages.DeviceKind.BROWSER,
        device_name="Firefox on Linux",
        encodings_up=(Encoding.F16, Encoding.F32),
        encodings_down=(Encoding.F16, Encoding.F32),
    )
    assert parse_client_message(READY) == messages.ReadyMessage("webgl", 0.02, 3)
    asking = messages.ReadyMessage("webgl", 0.02, 3, Encoding.INT8, push=True)
    assert parse_client_message({**READY, "down": "int8", "push": True}) == asking
    assert parse_client_message(PROGRESS) == messages.ProgressMessage("0-1", 7, TrainingMetrics(0.5, None))
    assert parse_client_message(UPDATE) == messages.UpdateMessage(
        "0-1", 3, 10, 640, 2.0, Encoding.F32, TrainingMetrics(0.25, 0.9)
    )
    assert parse_client_message(ABANDON) == messages.AbandonMessage("0-1", "hidden")
    assert parse_client_message(STATUS) == messages.StatusMessage(messages.VolunteerState.PAUSED)
    assert parse_client_message(GOODBYE) == messages.GoodbyeMessage("closed")


@pytest.mark.parametrize("header", ALL, ids=lambda header: str(header["type"]))
def test_missing_or_extra_key_is_refused_by_name(header: dict[str, Any]) -> None:
    for key in header.keys() - {"type"}:
        with pytest.raises(ProtocolError, match=key):
            parse_client_message({other: value for other, value in header.items() if other != key})
    with pytest.raises(ProtocolError, match="surprise"):
        parse_client_message({**header, "surprise": 1})


@pytest.mark.parametrize(
    ("header", "change", "words"),
    [
        (HELLO, {"protocol": 2}, "protocol"),
        (HELLO, {"role": "boss"}, "volunteer, watcher"),
        (HELLO, {"device": {"kind": "browser"}}, "hello.device lacks"),
        (HELLO, {"device": {"kind": "browser", "name": "x" * 121}}, "120"),
        (HELLO, {"device": []}, "a map"),
        (HELLO, {"encodings": {"up": ["f16"] * 17, "down": []}}, "16"),
        (HELLO, {"encodings": {"up": [1], "down": []}}, "strings"),
        (READY, {"seconds_per_iteration": 0}, "above 0"),
        (READY, {"seconds_per_iteration": float("inf")}, "finite"),
        (READY, {"seconds_per_iteration": 10**400}, "finite"),
        (READY, {"version": -1}, "from 0"),
        (READY, {"version": 1.0}, "whole number"),
        (PROGRESS, {"iterations": True}, "whole number"),
        (PROGRESS, {"loss": float("nan")}, "finite"),
        (PROGRESS, {"loss": "low"}, "a number"),
        (UPDATE, {"iterations": 0}, "from 1"),
        (UPDATE, {"num_examples": 2**53}, "to 9007199254740991"),
        (UPDATE, {"lease_id": "x" * 65}, "64"),
        (UPDATE, {"encoding": "f64"}, "f32, f16"),
        (UPDATE, {"rests": 1}, "true or false"),
        (STATUS, {"state": "bored"}, "training, paused, hidden"),
        (STATUS, {"type": "outcome"}, "no message 'outcome'"),
        (STATUS, {"type": ["hello"]}, "no message"),
    ],
)
def test_wrong_value_is_refused_with_what_was_wanted(
    header: dict[str, Any], change: dict[str, Any], words: str
) -> None:
    with pytest.raises(ProtocolError, match=words):
        parse_client_message({**header, **change})


def test_an_update_may_say_that_one_rests_after_it() -> None:
    rested, restless = parse_client_message({**UPDATE, "rests": True}), parse_client_message(UPDATE)
    assert isinstance(rested, messages.UpdateMessage)
    assert isinstance(restless, messages.UpdateMessage)
    assert (rested.rests, restless.rests) == (True, False)


@given(
    header=st.sampled_from(ALL),
    key=st.sampled_from(sorted({key for header in ALL for key in header})),
    value=st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers()),
)
def test_any_header_is_a_message_or_a_protocol_error(header: dict[str, Any], key: str, value: object) -> None:
    with suppress(ProtocolError):
        assert parse_client_message({**header, key: value})


def test_only_an_update_carries_a_payload() -> None:
    message, payload = decode_client_message(encode_frame(UPDATE, b"12345678"))
    assert isinstance(message, messages.UpdateMessage)
    assert bytes(payload) == b"12345678"
    with pytest.raises(ProtocolError, match="needs a payload"):
        decode_client_message(encode_frame(UPDATE))
    with pytest.raises(ProtocolError, match="has no payload"):
        decode_client_message(encode_frame(READY, b"12345678"))


def test_server_messages_are_headers_with_the_keys_of_the_protocol() -> None:
    lease = Lease(
        "0-1", "v", 3, (Part("ab", 0, 64), Part("cd", 5, 69)), 128, 2, 64, 9, 0.1, "model", Wants.WEIGHTS, 0.0, 30.0
    )
    built = [
        messages.welcome(
            volunteer_id="v",
            secret="s",
            build="b",
            run={"id": "r", "name": "n", "description": ""},
            model={},
            dataset={},
            training={},
            weights={"version": 1, "hash": "h", "iterations": 0},
            limits={},
            state=RunState.RUNNING,
        ),
        messages.lease(lease, newest_hash="h", encoding=Encoding.F16, seconds=30.0),
        messages.wait(WaitReason.PAUSED, 15.0),
        messages.outcome(
            lease_id="0-1",
            outcome=Outcome.MERGED,
            version=4,
            newest_hash="h",
            iterations=2,
            whole=False,
            detail=None,
        ),
        messages.version(4, "h", 2),
        messages.live({}, [], []),
        messages.snapshot({}, {}, [], []),
        messages.state(RunState.PAUSED, "lunch"),
        messages.goodbye("going_away", reconnect_seconds=5.0),
    ]
    for header in built:
        assert decode_frame(encode_frame(header)).header == header
    assert built[1]["parts"] == [["ab", 0, 64], ["cd", 5, 69]]
    assert built[2]["message"] == WaitReason.PAUSED.sentence
    assert built[-1]["message"] == ERRORS["going_away"].sentence


def test_every_reason_to_wait_has_a_sentence() -> None:
    assert all(reason.sentence.endswith(".") for reason in WaitReason)
