"""Flower's server, or one of its clients, as a process of its own: run by `against_flower.py` in Flower's environment.

    python benchmarks/flower_peer.py server ADDRESS PARAMS VOLUNTEERS ROUNDS
    python benchmarks/flower_peer.py client ADDRESS PARAMS

The server averages (FedAvg, all clients in every round, no evaluation) and prints one JSON object: its CPU seconds and
the wall seconds from the end of the first round, which warms up, to the end of the last, and the updates in between.
A client sends back what it got. Flower is used through its gRPC server, of which the reference figures are.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from typing import Any

import numpy as np
from flwr.client import NumPyClient, start_client
from flwr.common import ndarrays_to_parameters
from flwr.server import ServerConfig, start_server
from flwr.server.strategy import FedAvg

warnings.filterwarnings("ignore")
logging.getLogger("flwr").setLevel(logging.ERROR)


class Echo(NumPyClient):
    def fit(self, parameters: list[Any], config: dict[str, Any]) -> tuple[list[Any], int, dict[str, Any]]:
        return parameters, 64, {}


class Timed(FedAvg):
    """FedAvg that notes the clocks at the end of each round."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.marks: list[tuple[float, float, int]] = []

    def aggregate_fit(self, server_round: int, results: list[Any], failures: list[Any]) -> Any:
        merged = super().aggregate_fit(server_round, results, failures)
        self.marks.append((time.process_time(), time.perf_counter(), len(results)))
        return merged


def serve(address: str, params: int, volunteers: int, rounds: int) -> dict[str, Any]:
    strategy = Timed(
        fraction_fit=1.0,
        fraction_evaluate=0.0,
        min_fit_clients=volunteers,
        min_available_clients=volunteers,
        initial_parameters=ndarrays_to_parameters([np.random.default_rng(1).normal(size=params).astype(np.float32)]),
    )
    start_server(server_address=address, config=ServerConfig(num_rounds=rounds), strategy=strategy)
    (cpu, wall, _), (last_cpu, last_wall, _) = strategy.marks[0], strategy.marks[-1]
    updates = sum(count for _, _, count in strategy.marks[1:])
    return {"cpu_seconds": last_cpu - cpu, "seconds": last_wall - wall, "updates": updates}


def main() -> None:
    role, address, params = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if role == "server":
        print(json.dumps(serve(address, params, int(sys.argv[4]), int(sys.argv[5]))), flush=True)
    else:
        start_client(server_address=address, client=Echo().to_client(), insecure=True, max_wait_time=60)


if __name__ == "__main__":
    main()
