"""The ban on the network is real."""

import socket
from urllib.request import urlopen

import pytest
from pytest_socket import SocketBlockedError, SocketConnectBlockedError

# An address reserved for documentation: nothing ever answers there.
ELSEWHERE = ("192.0.2.1", 80)


def test_network_refuses_every_socket():
    with pytest.raises(SocketBlockedError):
        socket.create_connection(ELSEWHERE, timeout=1)


def test_network_refuses_what_a_library_opens():
    with pytest.raises(SocketBlockedError):
        urlopen("http://192.0.2.1/", timeout=1)


@pytest.mark.s3
def test_network_stays_on_this_machine_for_marked_tests():
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection(ELSEWHERE, timeout=1)


@pytest.mark.s3
def test_network_reaches_this_machine_for_marked_tests():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as client,
    ):
        assert client.getpeername() == server.getsockname()
