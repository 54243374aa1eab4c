"""What a peer can do to a broker: each function is a fault; `run` proves after each that all others are served."""
import gzip
import json
import os
import random
import resource
import signal
import socket
import struct
import time
import zlib

import raw
import snappy
import zstandard
from house import WAIT_S, Failure, wait_until
from raw import Raw, frame, request
from rows import expect

HERE = os.path.dirname(os.path.abspath(__file__))
TOO_LARGE = 104857601
CORRUPT, TOO_MANY_BYTES, NO_CODEC, INVALID_RECORD = 2, 10, 76, 87
UNSUPPORTED, INVALID_REQUEST, OUT_OF_ORDER = 35, 42, 45


def memory_kb(house):
    with open("/proc/%d/status" % house.broker.pid) as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def expect_memory(house, before, limit_mb, what):
    grown = (memory_kb(house) - before) // 1024
    expect(grown < limit_mb, "%s took %d MiB" % (what, grown))


def files(house):
    return len(os.listdir("/proc/%d/fd" % house.broker.pid))


# ----------------------------------------------------------------- F33: malformed

def frames_of_no_sense(house):
    """F33, F34: sizes below 0, above the limit, none; less than a header; another protocol."""
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)
    for what, data in (("size -1", struct.pack(">i", -1)), ("the lowest size", struct.pack(">i", -1 << 31)),
                       ("a size above the limit", struct.pack(">i", TOO_LARGE)),
                       ("the highest size", struct.pack(">i", (1 << 31) - 1)),
                       ("an empty frame", frame(b"")), ("half a header", frame(b"\0\3\0")),
                       ("a client id longer than its frame", frame(struct.pack(">hhih", 3, 1, 1, 1000))),
                       ("HTTP", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), ("TLS", hello),
                       ("an unknown key", frame(request(999, 0, b""))),
                       ("an unknown version", frame(request(raw.METADATA, 99, b""))),
                       ("a key below zero", frame(request(-3, 0, b""))),
                       ("a count of 2^31-1", frame(request(raw.METADATA, 1, struct.pack(">i", (1 << 31) - 1)))),
                       ("a string longer than its frame", frame(request(raw.METADATA, 1, struct.pack(">ih", 1, 32767))))):
        with Raw(house) as peer:
            peer.send(data)
            peer.expect_closed(what)


def api_versions_of_no_sense(house):
    """F33: an unknown version is told what is known; a client's name is checked."""
    with Raw(house) as peer:
        for version in (5, 99, 32767):
            data = peer.ask(request(raw.API_VERSIONS, version, b"\0junk"))
            expect(struct.unpack_from(">hi", data)[0] == UNSUPPORTED, "version %d: %s" % (version, data[:8].hex()))
        data = peer.ask(request(raw.API_VERSIONS, 3, b"\0\x04a b\x02/\0"))
        expect(struct.unpack_from(">h", data)[0] == INVALID_REQUEST, "a bad name: %s" % data[:8].hex())
        expect(struct.unpack_from(">h", peer.ask(request(raw.API_VERSIONS, 0, b"")))[0] == 0, "no answer after it")


def mutated_frames(house):
    """F33: real requests with bits turned, bytes cut and doubled: an answer or the end, never a crash."""
    with open(os.path.join(HERE, "..", "golden", "wire.json")) as file:
        requests = [bytes.fromhex(case["request"])[4:] for case in json.load(file)]
    draw = random.Random(20)
    for i in range(3000):
        payload = bytearray(draw.choice(requests))
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(8 if draw.random() < 0.95 else 0, len(payload)) if len(payload) > 8 else 0
            kind = draw.randrange(3)
            if kind == 0:
                payload[at] ^= 1 << draw.randrange(8)
            elif kind == 1:
                payload[at:at + draw.randint(1, 4)] = b""
            else:
                payload[at:at] = draw.choice((b"\xff", b"\x7f\xff\xff\xff", b"\x80\x80", bytes(payload[at:at + 9])))
        with Raw(house) as peer:
            peer.send(frame(bytes(payload)))
            peer.socket.shutdown(socket.SHUT_WR)
            if i % 8 == 0:
                drain(peer)


def drain(peer):
    try:
        while peer.socket.recv(65536) != b"":
            pass
    except ConnectionError:
        pass


def garbage(house):
    draw = random.Random(21)
    for _ in range(300):
        with Raw(house) as peer:
            size = draw.randint(1, 3000)
            peer.send((struct.pack(">i", size) if draw.random() < 0.5 else b"") + draw.randbytes(size))
            peer.socket.shutdown(socket.SHUT_WR)
            drain(peer)


def cut_off(house):
    """Half requests, then the end or a reset."""
    whole = frame(raw.produce("beside", raw.batch(raw.record(b"never"))))
    for cut in range(1, len(whole), 3):
        with Raw(house) as peer:
            peer.send(whole[:cut])
            if cut % 2:
                peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                peer.socket.shutdown(socket.SHUT_WR)
                peer.expect_closed("%d bytes of a request" % cut)


def byte_by_byte(house):
    """A slow client is a client."""
    with Raw(house) as peer:
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in frame(raw.metadata("beside")):
            peer.send(bytes([byte]))
        expect(b"beside" in peer.answer(), "another answer")


def pipelined(house):
    """Many requests before the first answer is read: all are answered, in order."""
    with Raw(house) as peer:
        count = 5000
        for first in range(0, count, 100):
            peer.send(b"".join(frame(request(raw.API_VERSIONS, 0, b"", i)) for i in range(first, first + 100)))
            if first >= 1000:
                take_answers(peer, first - 1000, first - 900)
        take_answers(peer, count - 1000, count)


def take_answers(peer, first, end):
    for i in range(first, end):
        size, correlation = struct.unpack(">ii", peer.take(8))
        expect(correlation == i, "answer %d where %d was due" % (correlation, i))
        peer.take(size - 4)


# ------------------------------------------------------------- F25, F34, F35: floods

def half_frames(house):
    """F34: a claimed size takes no memory; what came of it does."""
    before = memory_kb(house)
    peers = [Raw(house) for _ in range(400)]
    for peer in peers:
        peer.send(struct.pack(">i", 90 << 20) + raw.request(raw.PRODUCE, 7, bytes(1000)))
    expect_memory(house, before, 200, "400 frames of 90 MiB, of which 1 KB came,")
    for peer in peers:
        peer.socket.close()


def stalled_reader(house):
    """F35: who does not read his answers holds a bounded part of the memory; if he reads at last, they are all there."""
    one = frame(raw.metadata("beside"))
    before = memory_kb(house)
    ask = memoryview(one * 200000)
    peers = [Raw(house) for _ in range(20)]
    sent = [0] * len(peers)
    for peer in peers:
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
        peer.socket.setblocking(False)
    for _ in range(40):
        for i, peer in enumerate(peers):
            try:
                sent[i] += peer.socket.send(ask[sent[i]:])
            except BlockingIOError:
                pass
        time.sleep(0.02)
    expect_memory(house, before, 300, "20 clients that do not read")
    expect(max(sent) < len(ask), "all was taken without an answer read")
    peers[0].socket.settimeout(WAIT_S)
    for _ in range(sent[0] // len(one)):
        expect(b"beside" in peers[0].answer(), "another answer")
    for peer in peers:
        peer.socket.close()


def connection_flood(house):
    """F25: thousands of connections, then none; their descriptors come back."""
    before = files(house)
    for _ in range(3):
        peers = [Raw(house) for _ in range(1000)]
        with Raw(house) as late:
            expect(b"beside" in late.ask(raw.metadata("beside")), "another answer")
        for peer in peers:
            peer.socket.close()
    wait_until(lambda: files(house) < before + 50, lambda: "%d descriptors, %d before" % (files(house), before))


def few_descriptors(house):
    """F25: when there are no more descriptors, those who are in are served; the next are when some have left."""
    limits = resource.prlimit(house.broker.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(house.broker.pid, resource.RLIMIT_NOFILE, (files(house) + 30, limits[1]))
    try:
        with Raw(house) as early:
            expect(b"beside" in early.ask(raw.metadata("beside")), "another answer")
            peers = [Raw(house) for _ in range(200)]
            expect(b"beside" in early.ask(raw.metadata("beside")), "another answer")
            for peer in peers:
                peer.socket.close()
            wait_until(lambda: answers(house), "it answers again")
    finally:
        resource.prlimit(house.broker.pid, resource.RLIMIT_NOFILE, limits)


def answers(house):
    try:
        with Raw(house) as peer:
            return b"beside" in peer.ask(raw.metadata("beside"))
    except (Failure, OSError):
        return False


# ----------------------------------------------------------------- F36: records

def zstd_zeros(size):
    compressor = zstandard.ZstdCompressor(level=3).compressobj()
    block, out = bytes(1 << 22), []
    for _ in range(size >> 22):
        out.append(compressor.compress(block))
    return b"".join(out) + compressor.flush()


def bombs():
    """A record of 2 GiB less some, of zeros, in each codec; and snappy that only says so."""
    claim = raw.varint(2_000_000_000) + b"\0" + raw.varint(0) * 2 + raw.varint(-1) + raw.varint(1_999_999_900)
    packed = zlib.compressobj(9, zlib.DEFLATED, 31)
    yield "gzip", 1, packed.compress(claim) + b"".join(packed.compress(bytes(1 << 24)) for _ in range(40)) + packed.flush()
    yield "gzip of many", 1, gzip.compress(bytes(1 << 28))
    yield "zstd", 4, zstd_zeros(4 << 30)
    yield "snappy that claims 4 GiB", 2, b"\xff\xff\xff\xff\x0f\0"
    yield "snappy", 2, b"\x82SNAPPY\0\0\0\0\1\0\0\0\1" + b"".join(
        struct.pack(">i", len(part)) + part for part in [snappy.compress(bytes(1 << 20))] * 18)
    yield "zstd of junk", 4, b"\x28\xb5\x2f\xfd" + bytes(100)
    yield "lz4 of junk", 3, b"\x04\x22\x4d\x18" + bytes(100)
    yield "gzip of junk", 1, b"\x1f\x8b\x08\0" + bytes(100)


def decompression_bombs(house):
    """F36: refused, at a bounded cost."""
    before = memory_kb(house)
    end = end_of(house)
    for what, codec, records in bombs():
        with Raw(house) as peer:
            code, _ = peer.produce("bombed", raw.batch(records, 1, codec))
            expect(code in (CORRUPT, TOO_MANY_BYTES, NO_CODEC, INVALID_RECORD), "%s: code %d" % (what, code))
        expect_memory(house, before, 300, what)
    expect(end_of(house) == end, "something was appended")


def end_of(house):
    """What the next record of `bombed` gets as its offset, less one for the record that asks."""
    with Raw(house) as peer:
        code, offset = peer.produce("bombed", raw.batch(raw.record(b"good")))
        expect(code == 0, "a good batch: code %d" % code)
    end_of.asked = getattr(end_of, "asked", 0) + 1
    return offset - end_of.asked


def bad_batches(house):
    """F33: nothing of a batch that is not what it says is appended."""
    good, end = raw.record(b"good"), end_of(house)
    for what, records in (("crc", raw.batch(good, crc=1)), ("more records than there are", raw.batch(good, 2)),
                          ("fewer", raw.batch(good * 2, 1)), ("no record", raw.batch(b"", 0)),
                          ("half a batch", raw.batch(good)[:-3]), ("half a header", raw.batch(good)[:30]),
                          ("a codec that is none", raw.batch(good, codec=7)), ("nothing", b""),
                          ("a control batch", raw.batch(good, codec=32)),
                          ("a transaction's", raw.batch(good, codec=16)),
                          ("a record longer than its batch", raw.batch(raw.varint(1000) + good))):
        with Raw(house) as peer:
            try:
                code, _ = peer.produce("bombed", records)
            except Failure:
                continue
            expect(code != 0, "taken: " + what)
    expect(end_of(house) == end, "something was appended")


def idempotence(house):
    """F38: what was sent again is not appended again, after a kill -9 too; a gap is refused."""
    with Raw(house) as peer:
        data = peer.ask(request(raw.INIT_PRODUCER_ID, 0, raw.string(None) + struct.pack(">i", 60000)))
        code, producer, epoch = struct.unpack_from(">hqh", data, 4)
        expect(code == 0, "InitProducerId: code %d" % code)
    sent = [raw.batch(raw.record(b"%d" % i), producer=(producer, epoch, i)) for i in range(7)]
    with Raw(house) as peer:
        first = [peer.produce("idempotent", one) for one in sent]
        expect(first == [(0, first[0][1] + i) for i in range(7)], "not appended in order: %s" % first)
        again(peer, sent, first)
    house.kill_broker()
    house.start_broker()
    with Raw(house) as peer:
        again(peer, sent, first)
        gap = raw.batch(raw.record(b"9"), producer=(producer, epoch, 9))
        expect(peer.produce("idempotent", gap)[0] == OUT_OF_ORDER, "a gap is not refused")
        old = raw.batch(raw.record(b"old"), producer=(producer, epoch - 1 & 32767, 7))
        expect(peer.produce("idempotent", old)[0] != 0 or epoch == 0, "an older epoch is not refused")
        follows = raw.batch(raw.record(b"7"), producer=(producer, epoch, 7))
        expect(peer.produce("idempotent", follows) == (0, first[6][1] + 1), "the next does not follow")


def again(peer, sent, first):
    """The last five are known."""
    for i in range(2, 7):
        code, offset = peer.produce("idempotent", sent[i])
        expect((code, offset) == first[i], "batch %d again: code %d, offset %d" % (i, code, offset))


def stopped_for_a_while(house):
    """F12, F28 of one broker: a pause shorter than its session."""
    house.broker.send_signal(signal.SIGSTOP)
    peers = [Raw(house) for _ in range(50)]
    for peer in peers:
        peer.send(frame(raw.metadata("beside")))
    house.broker.send_signal(signal.SIGCONT)
    for peer in peers:
        expect(b"beside" in peer.answer(), "another answer")
        peer.socket.close()


NETWORK = [("F33", frames_of_no_sense), ("F33", api_versions_of_no_sense), ("F33", mutated_frames), ("F33", garbage),
           ("F33", cut_off), ("F33", byte_by_byte), ("F33", pipelined), ("F33", bad_batches), ("F34", half_frames),
           ("F34", stalled_reader), ("F25", connection_flood), ("F25", few_descriptors), ("F36", decompression_bombs),
           ("F38", idempotence), ("F28", stopped_for_a_while)]
