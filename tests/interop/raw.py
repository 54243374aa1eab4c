"""Kafka's protocol by hand: what no client would send."""
import socket
import struct

from house import WAIT_S, Failure
from kafka.record.util import calc_crc32c

PRODUCE, METADATA, API_VERSIONS, INIT_PRODUCER_ID = 0, 3, 18, 22


def string(text):
    return struct.pack(">h", -1) if text is None else struct.pack(">h", len(text)) + text.encode()


def request(key, version, body, correlation=1, client="faults"):
    """Without its size; header v1."""
    return struct.pack(">hhi", key, version, correlation) + string(client) + body


def frame(payload):
    return struct.pack(">i", len(payload)) + payload


def metadata(topic):
    return request(METADATA, 1, struct.pack(">i", 1) + string(topic))


def varint(number):
    number = (number << 1) ^ (number >> 63)
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def record(value, offset=0):
    body = b"\0" + varint(0) + varint(offset) + varint(-1) + varint(len(value)) + value + varint(0)
    return varint(len(body)) + body


def batch(records, count=1, codec=0, producer=(-1, -1, -1), crc=None):
    """A record batch v2 with these bytes as its records, compressed or not as they are."""
    time_ms = 1_800_000_000_000
    rest = struct.pack(">hiqqqhii", codec, count - 1, time_ms, time_ms, *producer, count) + records
    crc = calc_crc32c(rest) if crc is None else crc
    return struct.pack(">qiibI", 0, len(rest) + 9, 0, 2, crc) + rest


def produce(topic, records, acks=-1):
    """To partition 0, version 7."""
    body = string(None) + struct.pack(">hii", acks, 30000, 1) + string(topic) + struct.pack(">iii", 1, 0, len(records))
    return request(PRODUCE, 7, body + records)


class Raw:
    def __init__(self, house):
        self.socket = socket.create_connection(("127.0.0.1", house.port), WAIT_S)
        self.socket.settimeout(WAIT_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """A peer that has closed before all was sent is looked at by what is read then."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def take(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(min(size - len(data), 1 << 20))
            if more == b"":
                raise Failure("closed after %d of %d bytes" % (len(data), size))
            data += more
        return data

    def answer(self):
        """Its bytes after the correlation id."""
        try:
            size = struct.unpack(">i", self.take(4))[0]
            return self.take(size)[4:]
        except socket.timeout:
            raise Failure("no answer") from None
        except ConnectionError as error:
            raise Failure("no answer: %s" % error) from None

    def ask(self, payload):
        self.send(frame(payload))
        return self.answer()

    def expect_closed(self, what):
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            return
        except socket.timeout:
            raise Failure("not closed: " + what) from None
        if data != b"":
            raise Failure("an answer to %s: %s" % (what, data[:80].hex()))

    def produce(self, topic, records):
        """Error code and base offset."""
        data = self.ask(produce(topic, records))
        at = 4 + 2 + len(topic) + 4 + 4
        return struct.unpack_from(">hq", data, at)
