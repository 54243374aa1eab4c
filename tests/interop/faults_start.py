"""What a start can find: each function has a klammd of its own, and what it had acknowledged is there afterwards."""
import glob
import os
import shutil
import socket
import subprocess

import clients
from house import House, wait_until
from records import numbered
from rows import expect, expect_same

REFUSED_S = 120


class Kept:
    """A klammd with a topic `kept` of several segments, and what was acknowledged of it."""

    def __init__(self, house):
        self.house, self.client, self.sent = house, clients.librdkafka(house.address), []
        house.overrides.append("log.segment.bytes=20000")
        house.start_broker()
        self.more(600)

    def more(self, count):
        part = numbered(len(self.sent), count)
        for first in range(0, count, 50):  # no batch may be larger than a segment
            self.client.produce("kept", part[first:first + 50], acks="all")
        self.sent += part

    def is_there(self):
        expect_same(self.sent, self.client.read("kept", 0, "beginning", len(self.sent)))

    def starts(self, more=50):
        self.house.start_broker()
        self.is_there()
        self.more(more)
        self.is_there()

    def files(self, pattern):
        found = sorted(glob.glob(self.house.log_path(pattern)))
        expect(found, "no file " + pattern)
        return found


def refused(command, *words):
    """It ends with status 1 and says why."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=REFUSED_S, check=False)
    said = done.stdout.decode(errors="replace")
    expect(done.returncode == 1, "status %d: %s" % (done.returncode, said[-2000:]))
    for word in words:
        expect(word in said, "%s is not said: %s" % (word, said[-2000:]))


def other(house, name, **properties):
    """A klammd beside the house's, on its ZooKeeper."""
    lines = {"broker.id": "0", "listeners": "PLAINTEXT://127.0.0.1:0", "log.dirs": house.path(name),
             "zookeeper.connect": "127.0.0.1:%d" % house.zookeeper_port, "zookeeper.session.timeout.ms": "3000"}
    lines.update(properties)
    with open(house.path(name + ".properties"), "w") as file:
        file.writelines("%s=%s\n" % line for line in lines.items())
    return [house.program, house.path(name + ".properties")]


def second_with_its_id(house):
    kept = Kept(house)
    refused(other(house, "second"), "0")
    kept.is_there()
    kept.more(10)
    kept.is_there()


def second_in_its_log_dir(house):
    kept = Kept(house)
    refused(other(house, "second", **{"log.dirs": house.log_path("")}), "data/logs")
    kept.more(10)
    kept.is_there()


def port_taken(house):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused([house.program, "--dev", "--data", house.path("data"), "--override",
                 "listeners=PLAINTEXT://127.0.0.1:%d" % port, "--override", "klamm.embedded.zookeeper="],
                "PLAINTEXT://127.0.0.1:%d" % port, "address already in use")
    Kept(house).is_there()


def edited(house, change):
    """meta.properties, of a broker that was stopped; then as it was."""
    kept = Kept(house)
    house.stop_broker()
    path = house.log_path("meta.properties")
    with open(path, "rb") as file:
        right = file.read()
    with open(path, "wb") as file:
        file.write(change(right))
    return kept, path, right


def refused_until_right(house, change, *words):
    kept, path, right = edited(house, change)
    refused([*house.command(), "--override", "broker.id=0"], *words)
    with open(path, "wb") as file:
        file.write(right)
    kept.starts()


def another_broker_id(house):
    refused_until_right(house, lambda right: right.replace(b"broker.id=0", b"broker.id=7"), "7", "meta.properties")


def another_cluster_id(house):
    refused_until_right(house, lambda right: b"cluster.id=AAAAAAAAAAAAAAAAAAAAAA\nbroker.id=0\nversion=0\n",
                        "AAAAAAAAAAAAAAAAAAAAAA")


def damaged_meta_properties(house):
    refused_until_right(house, lambda right: b"\xff\0junk\n" * 20, "meta.properties")


def log_dir_is_a_file(house):
    with open(house.path("file"), "w") as file:
        file.write("here\n")
    refused([house.program, "--dev", "--data", house.path("data"), "--override",
             "log.dirs=" + house.path("file")], house.path("file"))


def strays(house):
    """Folders that are no partition: refused by name, as Kafka does; one of an unknown topic is kept."""
    kept = Kept(house)
    house.stop_broker()
    with open(house.log_path("kept-1"), "w") as file:
        file.write("a file, no folder\n")
    shutil.copytree(house.log_path("kept-0"), house.log_path("unknown-0"))
    for name in ("junk", "no-partition", "kept-99999999999", "-1"):
        os.mkdir(house.log_path(name))
        refused(house.command(), house.log_path(name))
        os.rmdir(house.log_path(name))
    kept.starts()
    expect(glob.glob(house.log_path("unknown-0*/*.log")), "unknown-0 is gone")


# --------------------------------------------------------------- F14, F16: files

def damage(paths, how):
    for path in paths:
        if how is None:
            os.remove(path)
        else:
            with open(path, "r+b") as file:
                how(file)


def junk(file):
    size = max(file.seek(0, 2), 40)
    file.seek(0)
    file.write(bytes(i * 37 & 255 for i in range(size)))


def cut(file):
    file.truncate(file.seek(0, 2) // 2)


EPOCHS = "kept-0/leader-epoch-checkpoint"
HINTS = ("kept-0/*.index", "kept-0/*.timeindex", EPOCHS, "recovery-point-offset-checkpoint",
         "replication-offset-checkpoint", "log-start-offset-checkpoint")


def damaged_hints(house):
    """All but segments are hints: gone, cut or junk, after a kill -9 and after a clean stop."""
    kept = Kept(house)
    for pattern in HINTS:
        for how in (None, junk, cut):
            # Epochs that were found again are written at a roll or a clean stop.
            clean = how is junk or pattern == EPOCHS
            wait_until(lambda: clean or glob.glob(house.log_path(pattern)), pattern + " is written")
            (house.stop_broker if clean else house.kill_broker)()
            damage(kept.files(pattern), how)
            kept.starts(10)


def damaged_producer_snapshots(house):
    kept = Kept(house)
    for how in (None, junk, cut):
        kept.client.produce("kept", numbered(len(kept.sent), 10), acks="all", idempotent=1)
        kept.sent += numbered(len(kept.sent), 10)
        house.stop_broker()
        damage(kept.files("kept-0/*.snapshot"), how)
        kept.starts(10)


def torn_tail(house):
    """A batch that was not written to its end is no batch; what was acknowledged before it is there."""
    kept = Kept(house)
    for size in (1, 11, 60, 100, 5000):
        house.kill_broker()
        segments = kept.files("kept-0/*.log")
        with open(segments[0], "rb") as file:
            head = file.read(size)
        with open(segments[-1], "ab") as file:
            file.write(head if size < 200 else b"\0" * size)
        kept.starts(10)


START = [("F5", second_with_its_id), ("F5", second_in_its_log_dir), ("F31", another_broker_id),
         ("F31", another_cluster_id), ("F16", damaged_meta_properties), ("F16", damaged_hints),
         ("F16", damaged_producer_snapshots), ("F14", torn_tail), ("F30", strays), ("F21", log_dir_is_a_file),
         ("start", port_taken)]


def run(check, program, only):
    for row, call in START:
        if only in call.__name__:
            with House(program, "embedded") as house:
                check("%s %s" % (row, call.__name__.replace("_", " ")), call, house)
