# A long cable: what goes into one of two TUN devices comes out of the other one later. It makes the two, says "made",
# and ends with its input.
#
#     python3 delay.py MILLISECONDS DEVICE OTHER-DEVICE

import collections
import fcntl
import os
import select
import struct
import sys
import time

# Of linux/if_tun.h.
TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
# What is more than this on its way is dropped, as a router drops it.
PACKETS_MAX = 10_000
BYTES_MAX = 65_536


def device(name):
    made = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(made, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return made


def write(packet, to):
    try:
        os.write(to, packet)
    except OSError:
        pass  # It is lost, as anything may be on its way.


delay = float(sys.argv[1]) / 1_000
one, other = device(sys.argv[2]), device(sys.argv[3])
opposite = {one: other, other: one}
on_their_way = collections.deque()
os.write(1, b"made\n")

while True:
    wait = max(0, on_their_way[0][0] - time.monotonic()) if on_their_way else None
    ready, _, _ = select.select([0, one, other], [], [], wait)
    if 0 in ready and not os.read(0, BYTES_MAX):
        break
    for end in ready:
        if end != 0 and len(on_their_way) < PACKETS_MAX:
            on_their_way.append((time.monotonic() + delay, os.read(end, BYTES_MAX), opposite[end]))
    while on_their_way and on_their_way[0][0] <= time.monotonic():
        _, packet, to = on_their_way.popleft()
        write(packet, to)
