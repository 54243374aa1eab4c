"""Memory for requests is full (F26): who comes is not read, nobody is refused, and all are served in the end."""
import os
import struct
import time

import clients
import raw
from faults_network import expect_memory, memory_kb
from house import House, wait_until
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from raw import Raw, frame
from rows import expect, expect_same, numbered

LIMIT_MB, PEERS, SIZE = 24, 80, 900_000
SLACK_MB = 24  # of all that is not frames: pieces of reading, pages of the logs' indexes


def full(house):
    """Three times what there is room for is sent but for its last bytes; then those."""
    house.start_broker()
    admin = KafkaAdminClient(bootstrap_servers=house.address)
    admin.create_topics([NewTopic(name, 1, 1) for name in ("kept", "large")])
    admin.close()
    client, sent = clients.librdkafka(house.address), numbered(0, 200)
    client.produce("kept", sent[:100], acks="all")
    before = memory_kb(house)
    peers = [Raw(house) for _ in range(PEERS)]
    data = frame(raw.produce("large", raw.batch(raw.record(os.urandom(SIZE)))))
    for peer in peers:
        peer.send(data[:-1])
    wait_until(lambda: (memory_kb(house) - before) // 1024 > LIMIT_MB - 4, "it takes what there is room for")
    time.sleep(1)
    expect_memory(house, before, LIMIT_MB + SLACK_MB, "%d half requests of %d bytes" % (PEERS, SIZE))
    for peer in peers:
        peer.send(data[-1:])
    answers = [struct.unpack_from(">hq", peer.answer(), 4 + 2 + len("large") + 4 + 4) for peer in peers]
    expect(sorted(answers) == [(0, offset) for offset in range(PEERS)], "answers: %s" % sorted(answers)[:5])
    for peer in peers:
        peer.socket.close()
    client.produce("kept", sent[100:], acks="all")
    killed_when_full(house, data)
    expect_same(sent, client.read("kept", 0, "beginning", 200))


def killed_when_full(house, data):
    """As the kernel does where memory is short for others: nothing of half a request is there."""
    peers = [Raw(house) for _ in range(PEERS)]
    for peer in peers:
        peer.send(data[:-1])
    house.kill_broker()
    house.start_broker()
    for peer in peers:
        peer.socket.close()
    with Raw(house) as peer:
        expect(peer.produce("large", raw.batch(raw.record(b"next"))) == (0, PEERS), "something of a half request is there")


def run(check, program, only):
    if only not in "memory_full":
        return
    with House(program, "embedded", ["klamm.memory.requests=%d" % (LIMIT_MB << 20)]) as house:
        check("F26 memory: full", full, house)
