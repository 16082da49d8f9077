#!/usr/bin/env python3
"""Prints a TCP port of 127.0.0.1 that a server may take a little later.

Such a port lies below those that the kernel gives to outgoing connections: one of these would otherwise take it in
between, for as long as it lives.
"""
import random
import socket

FIRST = 20000

_reserved = []


def first_outgoing_port():
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            return int(file.read().split()[0])
    except OSError:
        return 32768


def free_port():
    """As the program prints, and no other process is given it by this function while this one lives."""
    end = max(first_outgoing_port(), FIRST + 1000)
    while True:
        port = random.SystemRandom().randrange(FIRST, end)
        reservation = socket.socket(socket.AF_UNIX)
        try:
            reservation.bind(f"\0imcaxy-port-{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            reservation.close()
            continue
        _reserved.append(reservation)
        return port


if __name__ == "__main__":
    print(free_port())
