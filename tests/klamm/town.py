"""Three klammd for the tool to ask; the first serves their ZooKeeper too, and so stays alive."""

import os
import signal
import socket
import subprocess
import time

KLAMMD = os.path.abspath(os.environ.get("KLAMMD", "./klammd"))
PATIENCE = 120

PROPERTIES = """broker.id={number}
broker.rack=r{number}
listeners=PLAINTEXT://127.0.0.1:{port}
log.dirs={folder}/data-{number}
zookeeper.connect=127.0.0.1:{zookeeper_port}
offsets.topic.replication.factor=3
offsets.topic.num.partitions=3
auto.leader.rebalance.enable=false
controlled.shutdown.retry.backoff.ms=100
replica.lag.time.max.ms=5000
"""


def wait_until(holds, what):
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"never came: {what() if callable(what) else what}")
        time.sleep(0.1)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Broker:
    def __init__(self, folder, number, zookeeper_port):
        self.number, self.port = number, free_port()
        self.zookeeper_port = zookeeper_port
        self.process = None
        self.log = os.path.join(folder, f"broker-{number}.log")
        self.config = os.path.join(folder, f"broker-{number}.properties")
        with open(self.config, "w", encoding="ascii") as file:
            file.write(PROPERTIES.format(number=number, port=self.port, folder=folder,
                                         zookeeper_port=zookeeper_port))
            if number == 1:
                file.write(f"klamm.embedded.zookeeper=127.0.0.1:{zookeeper_port}\n")

    def start(self):
        with open(self.log, "ab") as log:
            self.begun = log.tell()
            self.process = subprocess.Popen([KLAMMD, self.config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def said(self, words):
        with open(self.log, "rb") as log:
            log.seek(self.begun)
            return words in log.read()

    def wait(self):
        wait_until(lambda: self.said(b"] started") or self.process.poll() is not None, f"broker {self.number} starts")
        if self.process.poll() is not None:
            raise AssertionError(f"broker {self.number} ended by itself:\n{self.tail()}")

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        self.process = None

    def tail(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join(f"   {self.number} | {line}" for line in log.readlines()[-25:])


class Town:
    def __init__(self, folder):
        zookeeper_port = free_port()
        self.brokers = {number: Broker(folder, number, zookeeper_port) for number in (1, 2, 3)}

    def __enter__(self):
        try:
            for broker in self.brokers.values():
                broker.start()
                broker.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for broker in self.brokers.values():
            if broker.process is not None and broker.process.poll() is None:
                broker.end(signal.SIGKILL)

    def addresses(self):
        return ",".join(f"127.0.0.1:{broker.port}" for broker in self.brokers.values())

    def tails(self):
        return "".join(broker.tail() for broker in self.brokers.values())
