"""Three brokers for the tool to ask: klammd, of which the first serves their ZooKeeper too and so stays alive, or Kafka."""

import os
import signal
import socket
import subprocess
import time
import urllib.request

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


JAVA = ["java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-Dlog4j.configuration=file:{folder}/log4j.properties", "-cp"]
LOG4J = """log4j.rootLogger=INFO, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=[%d] %p %m (%c)%n
"""
# A registration outlives a killed Kafka broker by the session; it can start again only after that.
KAFKA_PROPERTIES = """zookeeper.session.timeout.ms=6000
zookeeper.connection.timeout.ms=60000
group.initial.rebalance.delay.ms=0
log.cleaner.enable=false
replica.fetch.wait.max.ms=200
"""


class Broker:
    def __init__(self, folder, number, zookeeper_port, jars):
        self.number, self.port, self.http_port = number, free_port(), free_port()
        self.zookeeper_port = zookeeper_port
        self.process = None
        self.command = [KLAMMD]
        if jars:
            self.command = [word.format(folder=folder) for word in JAVA] + [jars + "/*", "kafka.Kafka"]
        self.log = os.path.join(folder, f"broker-{number}.log")
        self.config = os.path.join(folder, f"broker-{number}.properties")
        with open(self.config, "w", encoding="ascii") as file:
            file.write(PROPERTIES.format(number=number, port=self.port, folder=folder,
                                         zookeeper_port=zookeeper_port))
            if jars:
                file.write(KAFKA_PROPERTIES)
            else:
                # Long, for those that a test stops for a while; of the dead ones the guardian tells at once.
                file.write(f"zookeeper.session.timeout.ms=40000\nklamm.http.listener=127.0.0.1:{self.http_port}\n")
            if number == 1 and not jars:
                file.write(f"klamm.embedded.zookeeper=127.0.0.1:{zookeeper_port}\n")

    def start(self):
        with open(self.log, "ab") as log:
            self.begun = log.tell()
            self.process = subprocess.Popen(self.command + [self.config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def said(self, words):
        with open(self.log, "rb") as log:
            log.seek(self.begun)
            return words in log.read()

    def wait(self):
        wait_until(lambda: self.said(b" started (kafka.server.KafkaServer)\n" if len(self.command) > 1 else b"] started") or self.process.poll() is not None, f"broker {self.number} starts")
        if self.process.poll() is not None:
            raise AssertionError(f"broker {self.number} ended by itself:\n{self.tail()}")

    def metric(self, name):
        """The sum of a metric of klammd."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/metrics", timeout=PATIENCE) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        self.process = None

    def tail(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join(f"   {self.number} | {line}" for line in log.readlines()[-25:])


class ZooKeeper:
    """That of Kafka's jars."""

    def __init__(self, folder, port, jars):
        self.port, self.log = port, os.path.join(folder, "zookeeper.log")
        config = os.path.join(folder, "zoo.cfg")
        with open(config, "w", encoding="ascii") as file:
            file.write(f"tickTime=1000\ndataDir={folder}/zookeeper\nclientPort={port}\nclientPortAddress=127.0.0.1\n"
                       "admin.enableServer=false\n")
        with open(os.path.join(folder, "log4j.properties"), "w", encoding="ascii") as file:
            file.write(LOG4J)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [word.format(folder=folder) for word in JAVA] +
                [jars + "/*", "org.apache.zookeeper.server.ZooKeeperServerMain", config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self.listens, "ZooKeeper listens")

    def listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def end(self):
        self.process.kill()
        self.process.wait()


class Town:
    def __init__(self, folder, jars=None):
        self.folder, self.jars = folder, jars
        self.zookeeper, self.zookeeper_port = None, free_port()
        self.brokers = {number: Broker(folder, number, self.zookeeper_port, jars) for number in (1, 2, 3)}

    def __enter__(self):
        try:
            if self.jars:
                self.zookeeper = ZooKeeper(self.folder, self.zookeeper_port, self.jars)
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
        if self.zookeeper is not None:
            self.zookeeper.end()

    def addresses(self):
        return ",".join(f"127.0.0.1:{broker.port}" for broker in self.brokers.values())

    def tails(self):
        return "".join(broker.tail() for broker in self.brokers.values())
