"""`ridethrough serve`: an address that cannot be listened on is bad input, not the lack of a safe plan."""

import socket

import pytest
from documents import run


def test_a_port_in_use_is_bad_input() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", "--port", port)
    assert done.code == 2
    assert f"--host and --port is '127.0.0.1:{port}', must be an address that is free to listen on" in done.err


@pytest.mark.parametrize("host", ["192.0.2.1", "999.1.1.1"])
def test_an_address_of_another_machine_is_bad_input(host: str) -> None:
    done = run("serve", "--host", host, "--port", 0)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
