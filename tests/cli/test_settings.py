import pytest

from webnn.cli import network, settings
from webnn.cli.main import run as wnn
from webnn.cli.network import has_display
from webnn.cli.settings import TrainSettings
from webnn.cli.training import server_config


def test_local_server_is_reached_by_its_own_address():
    assert TrainSettings("m").address_for_people(8888) == "http://127.0.0.1:8888"
    assert not TrainSettings("m").is_public


def test_lan_listens_everywhere_and_hands_out_the_local_networks_address(monkeypatch):
    monkeypatch.setattr(settings, "lan_address", lambda: "192.168.1.20")
    lan = TrainSettings("m", lan=True)
    assert lan.listen_host == "0.0.0.0"
    assert lan.is_public
    assert lan.address_for_people(8888) == "http://192.168.1.20:8888"


def test_machine_without_a_network_hands_out_the_loopback_address(monkeypatch):
    monkeypatch.setattr(settings, "lan_address", lambda: None)
    assert TrainSettings("m", lan=True).address_for_people(80) == "http://127.0.0.1:80"


def test_public_url_wins_and_loses_its_last_slash():
    public = TrainSettings("m", public_url="https://example.org/webnn/")
    assert public.address_for_people(8888) == "https://example.org/webnn"
    assert public.is_public


def test_tls_prefix_and_ipv6_show_in_the_address(tmp_path):
    address = TrainSettings("m", host="::1", path_prefix="/a", tls_cert=tmp_path, tls_key=tmp_path)
    assert address.address_for_people(1) == "https://[::1]:1/a"


def test_trusted_proxies_reach_the_server():
    asked = TrainSettings("m", trusted_proxies=("127.0.0.1", "10.0.0.0/8"))
    assert [str(one) for one in server_config(asked, 8888).proxies] == ["127.0.0.1/32", "10.0.0.0/8"]


@pytest.mark.parametrize("command", ["train", "serve"])
def test_trusted_proxy_can_be_given_several_times(command, monkeypatch):
    seen = []
    place = {"train": "webnn.cli.training.train", "serve": "webnn.cli.serving.serve"}[command]
    monkeypatch.setattr(place, lambda asked: seen.append(asked.trusted_proxies) or 0)
    words = [command, "digits-mlp", "--trusted-proxy", "127.0.0.1", "--trusted-proxy", "10.0.0.0/8"]
    assert wnn(words) == 0
    assert seen == [("127.0.0.1", "10.0.0.0/8")]


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"DISPLAY": ":0", "CI": "true"}, "linux", False),
        ({"DISPLAY": ":10", "SSH_CONNECTION": "1"}, "linux", False),
        ({}, "darwin", True),
        ({}, "win32", True),
    ],
)
def test_page_opens_where_somebody_would_see_it(environment, platform, expected):
    assert has_display(environment, platform) is expected


def test_json_output_opens_no_page_unless_asked(monkeypatch):
    monkeypatch.setattr(settings, "has_display", lambda: True)
    assert TrainSettings("m").opens_page
    assert not TrainSettings("m", json_lines=True).opens_page
    assert TrainSettings("m", json_lines=True, open_page=True).opens_page
    assert not TrainSettings("m", open_page=False).opens_page


def test_lan_address_is_an_address_or_none():
    address = network.lan_address()
    assert address is None or address.count(".") == 3
