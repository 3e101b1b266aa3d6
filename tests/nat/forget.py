# A router that forgets each mapping some time after it has made it, whatever flows. It says "made", and ends with its
# input. What maps by inner ports gives each of these another port from then on.
#
#     python3 forget.py SECONDS keeps-ports|symmetric

import os
import re
import select
import socket
import struct
import subprocess
import sys
import time

NETLINK_NETFILTER = 12
# Of linux/netfilter/nfnetlink.h and nfnetlink_conntrack.h: deletes one that is tracked.
CT_DELETE = 1 << 8 | 2
TUPLE_ORIG, TUPLE_IP, TUPLE_PROTO, NESTED = 1, 1, 2, 0x8000
REQUEST_ACK = 1 | 4
LOOK_S = 0.05
FIRST_PORT = 20_000

# What is tracked, in the direction in which it began.
TRACKED = re.compile(
    r"^ipv4 +2 +(tcp|udp) +(\d+) .*?src=([\d.]+) dst=([\d.]+) sport=(\d+) dport=(\d+)", re.M
)


def attribute(kind, value):
    padding = b"\0" * (-len(value) % 4)
    return struct.pack("HH", 4 + len(value), kind) + value + padding


def delete(link, number, source, target, sport, dport):
    ip = attribute(1, socket.inet_aton(source)) + attribute(2, socket.inet_aton(target))
    proto = attribute(1, bytes([number])) + attribute(2, struct.pack(">H", sport)) + attribute(
        3, struct.pack(">H", dport)
    )
    orig = attribute(TUPLE_IP | NESTED, ip) + attribute(TUPLE_PROTO | NESTED, proto)
    body = struct.pack("BBH", socket.AF_INET, 0, 0) + attribute(TUPLE_ORIG | NESTED, orig)
    link.send(struct.pack("IHHII", 16 + len(body), CT_DELETE, REQUEST_ACK, 0, 0) + body)
    link.recv(4_096)  # It may be gone by itself.


def change_port(protocol, source, sport, to):
    matches = f"-o uplink -p {protocol} -s {source} --sport {sport}"
    rule = f"iptables -t nat -I POSTROUTING {matches} -j MASQUERADE --to-ports {to}"
    subprocess.run(rule.split(), check=True)


keeps_s, mapping = float(sys.argv[1]), sys.argv[2]
link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
link.bind((0, 0))
since = {}
forgotten = 0
os.write(1, b"made\n")

while not select.select([0], [], [], LOOK_S)[0]:
    now = time.monotonic()
    with open("/proc/self/net/nf_conntrack") as table:
        tracked = TRACKED.findall(table.read())
    by_mapping = {}
    for protocol, number, source, target, sport, dport in tracked:
        at = (protocol, source, sport) + ((target, dport) if mapping == "symmetric" else ())
        flow = (int(number), source, target, int(sport), int(dport))
        by_mapping.setdefault(at, []).append(flow)
    since = {at: since.get(at, now) for at in by_mapping}
    for at, flows in by_mapping.items():
        if now - since[at] < keeps_s:
            continue
        if mapping != "symmetric":
            change_port(*at, FIRST_PORT + forgotten % 20_000)
        forgotten += 1
        del since[at]
        for flow in flows:
            delete(link, *flow)
