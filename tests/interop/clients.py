"""The clients of the matrix: each is a program of its own, run here with the same few commands."""
import os
import re
import subprocess
import tempfile
import threading

import records
from house import WAIT_S, Failure, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


class Feed:
    """A client that produces, in pieces, while this process does something else too."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        self.said = b""
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def listen(self):
        self.said = self.process.stderr.read()

    def send(self, data):
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Failure("it ended before all was sent: " + self.finish_badly()) from None

    def finish_badly(self):
        self.process.kill()
        self.process.wait()
        self.listener.join(WAIT_S)
        return self.said.decode(errors="replace")[-2000:]

    def finish(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            status = self.process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            raise Failure("producing does not end: " + self.finish_badly()) from None
        self.listener.join(WAIT_S)
        if status != 0:
            raise Failure(self.said.decode(errors="replace")[-2000:])


class Member:
    """A member of a group: what it has read, and its share."""

    def __init__(self, command, read_one, share_of, stop):
        self.reads, self.share, self.said = [], set(), []
        self.read_one, self.share_of, self.stop = read_one, share_of, stop
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.threads = [threading.Thread(target=run, daemon=True) for run in (self.take, self.listen)]
        for thread in self.threads:
            thread.start()

    def take(self):
        while True:
            read = self.read_one(self.process.stdout, self)
            if read is None:
                break
            self.reads.append(read)

    def listen(self):
        for said in self.process.stderr:
            share = self.share_of(said.decode(errors="replace"), self.share)
            if share is not None:
                self.share = share
            else:
                self.said.append(said)

    def wait(self, holds, what):
        wait_until(holds, lambda: "%s (it has read %d, its share is %s): %s" % (
            what, len(self.reads), sorted(self.share), b"".join(self.said[-5:]).decode(errors="replace")), self.process)

    def join(self):
        try:
            status = self.process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure("a member does not end: " + b"".join(self.said[-5:]).decode(errors="replace")) from None
        for thread in self.threads:
            thread.join(WAIT_S)
        if status != 0:
            raise Failure("a member ended with %d: %s" % (status, b"".join(self.said[-5:]).decode(errors="replace")))
        return self.reads

    def leave(self):
        self.stop(self.process)
        return self.join()

    def kill(self):
        self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join(WAIT_S)


def run(command, data=None):
    """Its output; Failure with what it said when it did not succeed."""
    try:
        done = subprocess.run(command, input=data, stdin=subprocess.DEVNULL if data is None else None,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=WAIT_S)
    except subprocess.TimeoutExpired:
        raise Failure("no end: " + " ".join(command)) from None
    if done.returncode != 0:
        raise Failure(done.stderr.decode(errors="replace")[-2000:])
    return done.stdout


class Client:
    """A program with the commands of rdkafka_client.c."""

    exact_after_kill = True
    only_text = False  # keys and values have no tab and no line end, and are not both empty
    says_times = True  # else a record has the time of its production

    def __init__(self, name, command, address, errors, lacks=(), cooperative=None, unknown_settings=()):
        self.name, self.command, self.address, self.errors = name, command, address, errors
        self.lacks, self.cooperative, self.unknown_settings = dict(lacks), cooperative, dict(unknown_settings)
        self.topic = re.sub(r"[^a-z0-9]", "", name)

    def arguments(self, *arguments, **settings):
        return [*self.command, self.address, *map(str, arguments),
                *("%s=%s" % setting for setting in settings.items())]

    def encode(self, sent):
        return "".join(map(records.line, sent)).encode()

    def feed(self, topic, **settings):
        return Feed(self.arguments("produce", topic, **settings))

    def produce(self, topic, sent, **settings):
        feed = self.feed(topic, **settings)
        feed.send(self.encode(sent))
        feed.finish()

    def read(self, topic, partition, start, count):
        out = run(self.arguments("read", topic, partition, start, count))
        return [records.parse_read(line) for line in out.decode().splitlines()]

    def member(self, topic, group, count=0, **settings):
        return Member(self.arguments("member", topic, group, count, **settings), read_line, lambda said, share: None,
                      lambda process: process.stdin.close())

    def administer(self, name):
        run(self.arguments("administer", name))


def read_line(out, member):
    for line in out:
        if line.startswith(b"assigned"):
            member.share = set(map(int, line.split()[1:]))
        else:
            return records.parse_read(line.decode())
    return None


# ------------------------------------------------------------------------- kcat

KCAT_FORMAT = r"%p %o %T %K %S %k%s %h\n"
KCAT_SETTINGS = {"acks": "acks", "codec": "compression.codec", "idempotent": "enable.idempotence",
                 "max_size": "message.max.bytes", "timeout_ms": "message.timeout.ms"}


def kcat_headers(text):
    headers = (header.split("=", 1) for header in filter(None, text.split(",")))
    return tuple((name, None if value == "NULL" else value.encode()) for name, value in headers)


def kcat_record(out, _member=None):
    """One record of kcat's output, in which keys and values are as they are."""
    head = []
    while len(head) < 5:
        word = b""
        while (byte := out.read(1)) not in (b" ", b""):
            word += byte
        if byte == b"":
            return None
        head.append(int(word))
    partition, offset, timestamp, *sizes = head
    key, value = (None if size < 0 else out.read(size) for size in sizes)
    headers = kcat_headers(out.readline().strip().decode())
    return records.Read(partition, offset, timestamp, key, value, headers)


def kcat_share(said, share):
    if " rebalanced" not in said or "): " not in said:
        return None
    partitions = set(map(int, re.findall(r"\[(\d+)\]", said.split("): ", 1)[1])))
    if "incremental assignment" in said:
        return share | partitions
    return share - partitions if "incremental" in said else partitions if "): assigned" in said else set()


class Kcat(Client):
    exact_after_kill = False  # it commits every five seconds, and when it leaves
    only_text = True
    says_times = False

    def arguments(self, *arguments, **settings):
        options = []
        for name, value in settings.items():
            options += ["-X", "%s=%s" % (KCAT_SETTINGS.get(name, name), "true" if name == "idempotent" else value)]
            if name == "idempotent":
                options += ["-X", "max.in.flight=5"]
        return ["kcat", "-b", self.address, "-X", "reconnect.backoff.max.ms=500", *options, *map(str, arguments)]

    def encode(self, sent):
        """Records whose keys and values have no tab and no line end; a null key is none."""
        return b"".join((b"" if record.key is None else record.key + b"\t") + (record.value or b"") + b"\n"
                        for record in sent)

    def feed(self, topic, **settings):
        return Feed(self.arguments("-E", "-P", "-t", topic, "-K", r"\t", "-X", "linger.ms=5", **settings))

    def produce(self, topic, sent, **settings):
        """One run for each kind of headers, partition, and null, for which kcat has an option each."""
        runs = []
        for record in sent:
            kind = (record.headers, record.partition, record.value is None)
            if not runs or runs[-1][0] != kind:
                runs.append((kind, []))
            runs[-1][1].append(record)
        for (headers, partition, null), part in runs:
            options = ["-Z"] if null else []
            options += [] if partition is None else ["-p", str(partition)]
            for name, value in headers:
                options += ["-H", name if value is None else name + "=" + value.decode()]
            self.produce_run(topic, part, options, settings)

    def produce_run(self, topic, part, options, settings):
        command = self.arguments("-P", "-t", topic, *options, **settings)
        if len(part) == 1 and part[0].key is None and (part[0].value or b"").count(b"\n") == 0 and \
                len(part[0].value or b"") > 65536:
            with tempfile.NamedTemporaryFile() as file:  # a whole file is one message
                file.write(part[0].value)
                file.flush()
                run(command + [file.name])
        else:
            run(command + ["-K", r"\t"], self.encode(part))

    def read(self, topic, partition, start, count):
        start = "s@" + start[5:] if str(start).startswith("time:") else str(start)
        process = subprocess.Popen(self.arguments("-C", "-t", topic, "-p", partition, "-o", start, "-c", count, "-u", "-q",
                                                  "-f", KCAT_FORMAT), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        guard = threading.Timer(WAIT_S, process.kill)
        guard.start()
        found = []
        while (read := kcat_record(process.stdout)) is not None:
            found.append(read)
        said = process.stderr.read()
        process.stdout.close()
        process.stderr.close()
        status = process.wait()
        guard.cancel()
        if status != 0:
            raise Failure("kcat ended with %d: %s" % (status, said.decode(errors="replace")[-2000:]))
        return found

    def member(self, topic, group, count=0, **settings):
        options = ["-X", "auto.offset.reset=earliest", "-X", "session.timeout.ms=6000",
                   "-X", "heartbeat.interval.ms=500"]
        options += ["-c", str(count)] if count > 0 else []
        command = self.arguments("-E", "-u", "-f", KCAT_FORMAT, *options, "-G", group, topic, **settings)
        return Member(command, kcat_record, kcat_share, lambda process: process.terminate())


KCAT_LACKS = {"both null": "kcat takes an empty line for no record",
              "administration": "kcat lists topics and offsets; it makes none and knows no groups' states"}
PYTHON_LACKS = {
    "both null": "python3-kafka 2.0.2 wants a key or a value",
    "null header": "python3-kafka 2.0.2 takes no null header value",
    "cooperative": "python3-kafka 2.0.2 has no cooperative assignor",
    "idempotent": "python3-kafka 2.0.2 has no idempotent producer",
}


# Each client's own words for what it was refused.
RDKAFKA_ERRORS = {"oversize": "Broker: Message size too large",
                  # The second where it was told so before the record came.
                  "invalid": "Broker: Invalid topic|Local: Unknown topic",
                  "partition": "Local: Unknown partition", "unknown": "Unknown topic"}
# python3-kafka has the same words for a topic it is refused, whatever the reason it was told.
PYTHON_ERRORS = {"oversize": "MessageSizeTooLargeError", "invalid": "Failed to update metadata",
                 "partition": "Unrecognized partition", "unknown": "Failed to update metadata"}
# How long librdkafka believes that a topic may still come.
RDKAFKA_UNKNOWN = {"topic.metadata.propagation.max.ms": "500"}


STRATEGY = "partition.assignment.strategy"


def librdkafka(address):
    return Client("librdkafka", [os.path.abspath("tests/interop/rdkafka_client")], address, RDKAFKA_ERRORS, {}, STRATEGY,
                  RDKAFKA_UNKNOWN)


def debian_clients(address):
    return [Kcat("kcat", [], address, RDKAFKA_ERRORS, KCAT_LACKS, STRATEGY, RDKAFKA_UNKNOWN), librdkafka(address),
            Client("python3-kafka", ["/usr/bin/python3", "-B", os.path.join(HERE, "python_client.py")], address,
                   PYTHON_ERRORS, PYTHON_LACKS)]
