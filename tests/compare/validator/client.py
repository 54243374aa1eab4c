"""As much of a Kafka client as the comparison needs."""
import socket
import struct


def string(text):
    return struct.pack(">h", -1) if text is None else struct.pack(">h", len(text)) + text.encode()


def compact(data):
    if data is None:
        return b"\0"
    size, out = len(data) + 1, bytearray()
    while size > 0x7F:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes(out) + bytes([size]) + data


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, code):
        return struct.unpack(">" + code, self.take(struct.calcsize(">" + code)))[0]

    def uvarint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def string(self, flexible=False):
        size = self.uvarint() - 1 if flexible else self.number("h")
        return None if size < 0 else self.take(size).decode()

    def count(self, flexible=False):
        return self.uvarint() - 1 if flexible else self.number("i")

    def tags(self, flexible):
        if flexible:
            for _ in range(self.uvarint()):
                self.uvarint()
                self.take(self.uvarint())


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=15)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.correlation = 0

    def receive(self, size):
        out = b""
        while len(out) < size:
            part = self.socket.recv(size - len(out))
            if not part:
                raise ConnectionError("closed")
            out += part
        return out

    def call(self, key, version, body, flexible=False):
        self.correlation += 1
        header = struct.pack(">hhi", key, version, self.correlation) + string("compare")
        frame = header + (b"\0" if flexible else b"") + body
        self.socket.sendall(struct.pack(">i", len(frame)) + frame)
        reader = Reader(self.receive(struct.unpack(">i", self.receive(4))[0]))
        assert reader.number("i") == self.correlation
        reader.tags(flexible)
        return reader

    def create_topic(self, name, configs):
        body = struct.pack(">i", 1) + string(name) + struct.pack(">ihii", 1, 1, 0, len(configs))
        for key, value in configs.items():
            body += string(key) + string(str(value))
        reader = self.call(19, 2, body + struct.pack(">ib", 30000, 0))
        reader.take(8)
        reader.string()
        error = reader.number("h")
        assert error in (0, 36), (name, error, reader.string())

    def produce(self, version, topic, records, transactional_id=None):
        """(error, base offset, log append time, indexes of record errors)"""
        flexible = version >= 9
        if flexible:
            body = compact(transactional_id.encode() if transactional_id else None) + struct.pack(">hi", 1, 10000)
            body += b"\2" + compact(topic.encode()) + b"\2" + struct.pack(">i", 0) + compact(records) + b"\0\0\0"
        else:
            body = string(transactional_id) if version >= 3 else b""
            body += struct.pack(">hii", 1, 10000, 1) + string(topic) + struct.pack(">ii", 1, 0)
            body += struct.pack(">i", -1 if records is None else len(records)) + (records or b"")
        return self.produced(version, flexible, self.call(0, version, body, flexible))

    @staticmethod
    def produced(version, flexible, reader):
        reader.count(flexible)
        reader.string(flexible)
        reader.count(flexible)
        reader.number("i")
        error, base_offset = reader.number("h"), reader.number("q")
        append_time = reader.number("q") if version >= 2 else -1
        if version >= 5:
            reader.number("q")
        indexes = []
        if version >= 8:
            for _ in range(reader.count(flexible)):
                indexes.append(reader.number("i"))
                reader.string(flexible)
                reader.tags(flexible)
        return error, base_offset, append_time, indexes

    def fetch(self, topic, offset):
        body = struct.pack(">iiiibii", -1, 0, 0, 1 << 24, 0, 0, -1)
        body += struct.pack(">i", 1) + string(topic) + struct.pack(">iiiqqi", 1, 0, -1, offset, -1, 1 << 24)
        reader = self.call(1, 10, body + struct.pack(">i", 0))
        reader.take(10)
        reader.count()
        reader.string()
        reader.count()
        reader.number("i")
        error = reader.number("h")
        reader.take(24)
        for _ in range(max(reader.count(), 0)):
            reader.take(16)
        size = reader.number("i")
        return error, reader.take(max(size, 0))
