#!/usr/bin/python3
"""Sends each case to a Kafka broker and to klamm's validator, and compares: error code, record errors, log contents.

    compare.py PORT VERDICTS    (Kafka's port; the helper program)

What may differ, and why, is in differences.txt.
"""
import fnmatch
import json
import os
import struct
import subprocess
import sys
import time

import cases
from client import Client

HERE = os.path.dirname(os.path.abspath(__file__))
CODECS = {"uncompressed": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
LONG_MAX = 2**63 - 1
KEPT = 1000  # of the record errors, by klamm


class Klamm:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def pack(self, codec, data, dialect=0):
        return bytes.fromhex(self.ask("pack", codec, dialect, data.hex() or "-")["packed"])

    def validate(self, version, configs, now, data):
        return self.ask("validate", version, CODECS.get(configs.get("compression.type"), -1),
                        int(configs.get("message.timestamp.type") == "LogAppendTime"),
                        int(configs.get("cleanup.policy") == "compact"),
                        configs.get("message.timestamp.before.max.ms", LONG_MAX),
                        configs.get("message.timestamp.after.max.ms", LONG_MAX), now,
                        configs.get("max.message.bytes", 1048588), configs.get("segment.bytes", 1 << 30),
                        "null" if data is None else data.hex() or "-")


def whole_batch(data):
    return data[:12 + struct.unpack(">i", data[8:12])[0]]


def without_time(data, append_time):
    """What the log decides is cleared: offset and epoch, with append time also that and so the checksum."""
    data = bytearray(data)
    data[0:8], data[12:16] = bytes(8), bytes(4)
    if append_time:
        data[17:21], data[35:43] = bytes(4), bytes(8)
    return bytes(data)


class Comparison:
    def __init__(self, port, program):
        self.client, self.klamm, self.port = Client(port), Klamm(program), port
        self.prefix = "v%x" % int(time.time())
        self.allowed = []
        with open(os.path.join(HERE, "differences.txt"), encoding="utf-8") as lines:
            for line in lines:
                if line.strip() and not line.startswith("#"):
                    pattern, kafka, klamm = (word.strip() for word in line.split("|")[:3])
                    self.allowed.append([pattern, kafka, klamm, 0])
        self.equal = self.accepted = 0
        self.failures = []

    def topic(self, kind):
        return self.prefix + kind

    def ask_kafka(self, version, kind, case):
        try:
            return self.client.produce(version, self.topic(kind), case.data, "t" if case.transactional else None)
        except (ConnectionError, TimeoutError):
            self.client = Client(self.port)
            return ("closed", -1, -1, [])

    def compare_logs(self, kind, base_offset, ours):
        append_time = cases.TOPICS[kind].get("message.timestamp.type") == "LogAppendTime"
        error, data = self.client.fetch(self.topic(kind), base_offset)
        if error != 0 or not data:
            return "fetch gives %d" % error
        theirs = without_time(whole_batch(data), append_time)
        mine = without_time(bytes.fromhex(ours["batch"]), append_time)
        if theirs == mine:
            return None
        opened = [self.klamm.ask("open", part.hex()) for part in (theirs, mine)]
        if ours["rebuilt"] and opened[0] == opened[1]:
            return None
        return "log: kafka %s\n           klamm %s" % tuple(map(json.dumps, opened))

    def difference(self, version, kind, case):
        """(kafka's answer, klamm's answer, None or what else differs)"""
        error, base_offset, append_time, indexes = self.ask_kafka(version, kind, case)
        ours = self.klamm.validate(version, cases.TOPICS[kind], int(time.time() * 1000), case.data)
        if error != ours["code"]:
            return error, ours["code"], None
        if version >= 8 and error in (32, 87) and indexes != ours["errors"]:
            if ours["errors"] != indexes[:KEPT] or len(indexes) <= KEPT:
                return "%s %s" % (error, indexes), "%s %s" % (ours["code"], ours["errors"]), None
        if error != 0 or not ours["batch"]:
            return error, error, None if error != 0 or base_offset == -1 else "kafka appended"
        self.accepted += 1
        if version >= 2 and (append_time >= 0) != ("append" in kind):
            return error, error, "append time %d" % append_time
        return error, error, self.compare_logs(kind, base_offset, ours)

    def note(self, name, kafka, klamm, text):
        if kafka == klamm and text is None:
            self.equal += 1
            return
        if text is not None:
            kafka, klamm = "log", "log"
        for entry in self.allowed:
            if fnmatch.fnmatchcase(name, entry[0]) and (str(kafka), str(klamm)) == (entry[1], entry[2]):
                entry[3] += 1
                return
        self.failures.append(name)
        print("%s: kafka %s, klamm %s%s" % (name, kafka, klamm, "" if text is None else "\n    " + text))

    def run(self):
        for kind, configs in cases.TOPICS.items():
            self.client.create_topic(self.topic(kind), configs)
        time.sleep(2)
        for case in cases.all_cases(self.klamm.pack, int(time.time() * 1000)):
            for kind in case.topics:
                for version in case.versions:
                    name = "%s / %s / %d" % (case.name, kind, version)
                    self.note(name, *self.difference(version, kind, case))

    def report(self):
        for pattern, kafka, klamm, seen in self.allowed:
            if seen == 0:
                self.failures.append(pattern)
                print("differences.txt: never seen: %s | %s | %s" % (pattern, kafka, klamm))
        print("validator: %d equal (%d of them appended), %d differ as listed, %d failed"
              % (self.equal, self.accepted, sum(entry[3] for entry in self.allowed), len(self.failures)))
        return 1 if self.failures else 0


comparison = Comparison(int(sys.argv[1]), sys.argv[2])
comparison.run()
sys.exit(comparison.report())
