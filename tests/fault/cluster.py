"""Some klammd and their ZooKeeper servers, as processes that can be killed, paused and started again."""
import glob
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import confluent_kafka
import confluent_kafka.admin
from shim import Shim

PATIENCE = 120  # nothing takes that long on any machine; nothing is asserted of times

ZOOKEEPER = ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp",
             "/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-nop.jar"]

PROPERTIES = """broker.id={number}
listeners=PLAINTEXT://{host}:{port}
log.dirs={dirs}
zookeeper.connect={zookeeper}/chroot
offsets.topic.replication.factor=3
offsets.topic.num.partitions=3
min.insync.replicas=2
log.segment.bytes=200000
replica.lag.time.max.ms=10000
zookeeper.session.timeout.ms=6000
zookeeper.connection.timeout.ms=600000
controlled.shutdown.retry.backoff.ms=100
"""


class Unmet(Exception):
    """What has to come never came."""


def digest(paths):
    """Of all their bytes, as one."""
    found = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            for part in iter(lambda: file.read(1 << 20), b""):
                found.update(part)
    return found.hexdigest()


def wait_until(holds, what):
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise Unmet(what() if callable(what) else what)
        time.sleep(0.05)


def listens(host, port):
    try:
        socket.create_connection((host, port), 1).close()
        return True
    except OSError:
        return False


class Process:
    """`name` is its machine's, its log's and its configuration's too."""

    def __init__(self, cluster, name, port):
        self.cluster, self.name, self.process = cluster, name, None
        self.host, self.port = cluster.hosts.address(name, port)
        self.log = os.path.join(cluster.folder, name + ".log")
        self.config = os.path.join(cluster.folder, name + ".properties")

    def configure(self, text):
        with open(self.config, "w", encoding="ascii") as file:
            file.write(text)

    def spawn(self, command):
        with open(self.log, "ab") as log:
            self.begun = log.tell()
            self.process = subprocess.Popen(self.cluster.hosts.command(self.name, command + [self.config]),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def has_said(self, words):
        """Since the last start."""
        with open(self.log, "rb") as log:
            log.seek(self.begun)
            return words in log.read()

    def count_said(self, words):
        """So often, since the last start."""
        with open(self.log, "rb") as log:
            log.seek(self.begun)
            return log.read().count(words)

    def has_begun(self):
        """It has said something: from before that on a signal ends it in good order."""
        return os.path.getsize(self.log) > self.begun

    def check_alive(self):
        if self.process.poll() is not None:
            raise Unmet(f"{self.name} ended by itself with {self.process.returncode}")

    def signal(self, number):
        self.check_alive()
        self.process.send_signal(number)

    def end(self, number):
        self.signal(number)
        status = self.process.wait(PATIENCE)
        self.process = None
        return status

    def tail(self, count=25):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join(f"   {self.name} | {line}" for line in log.readlines()[-count:])


class Broker(Process):
    """Above a Shim, where the cluster has one; its log dirs are the shim's disks then."""

    def __init__(self, cluster, number, library):
        super().__init__(cluster, f"broker-{number}", 9092)
        self.number, folder = number, os.path.join(cluster.folder, f"data-{number}")
        self.shim = Shim(library, folder) if library else None
        self.log_dirs = self.shim.disks if library else [folder]

    def start(self):
        command = [self.cluster.program]
        self.spawn(self.shim.command(command) if self.shim else command)

    def cut_power(self, draw):
        """Of its machine; the broker is stopped already."""
        self.end_machine()
        self.shim.cut_power(draw)

    def end_machine(self):
        """All that it ran ends before it can do anything, the guardian first."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            for child in file.read().split():
                os.kill(int(child), signal.SIGKILL)
        self.end(signal.SIGKILL)

    def wait(self):
        wait_until(lambda: self.has_said(b"] started") or self.process.poll() is not None, f"{self.name} starts")
        self.check_alive()

    def files(self, topic, partition):
        return sorted((name for folder in self.log_dirs
                       for name in glob.glob(os.path.join(glob.escape(folder), f"{topic}-{partition}", "*.log"))),
                      key=os.path.basename)


class ZooKeeper(Process):
    def __init__(self, cluster, number):
        super().__init__(cluster, f"zookeeper-{number}", 2181)
        self.number = number
        self.peer_ports = cluster.hosts.address(self.name, 2888)[1], cluster.hosts.address(self.name, 3888)[1]

    def start(self):
        alone = len(self.cluster.zookeepers) == 1
        folder = os.path.join(self.cluster.folder, self.name)
        os.makedirs(folder, exist_ok=True)
        lines = ["tickTime=500", f"dataDir={folder}", f"clientPort={self.port}", f"clientPortAddress={self.host}",
                 "admin.enableServer=false", "initLimit=20", "syncLimit=10"]
        if not alone:
            lines += [f"server.{it.number}={it.host}:{it.peer_ports[0]}:{it.peer_ports[1]}"
                      for it in self.cluster.zookeepers]
            with open(os.path.join(folder, "myid"), "w", encoding="ascii") as file:
                file.write(str(self.number))
        self.configure("\n".join(lines) + "\n")
        self.spawn(ZOOKEEPER + ["org.apache.zookeeper.server." +
                                ("ZooKeeperServerMain" if alone else "quorum.QuorumPeerMain")])

    def wait(self):
        wait_until(lambda: listens(self.host, self.port), f"{self.name} listens")


class Cluster:
    def __init__(self, program, hosts, zookeepers=1, brokers=3, settings="", library=None, kind=Broker):
        self.folder = tempfile.mkdtemp(prefix="fault-")
        self.program, self.hosts = os.path.abspath(program), hosts
        self.brokers = [kind(self, number, library) for number in range(brokers)]
        self.zookeepers = [ZooKeeper(self, number) for number in range(1, zookeepers + 1)]
        connect = ",".join(f"{it.host}:{it.port}" for it in self.zookeepers)
        self.servers = ",".join(f"{it.host}:{it.port}" for it in self.brokers)
        for it in self.brokers:
            it.configure(PROPERTIES.format(number=it.number, host=it.host, port=it.port, zookeeper=connect,
                                           dirs=",".join(it.log_dirs)) + settings)

    def start(self):
        for processes in (self.zookeepers, self.brokers):
            for it in processes:
                it.start()
            for it in processes:
                it.wait()
        self.admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": self.servers, "log_level": 0})

    def stop(self, keep=False):
        for it in self.brokers + self.zookeepers:
            if it.process is not None and it.process.poll() is None:
                it.end(signal.SIGKILL)
        if keep:
            print(self.folder)
        else:
            shutil.rmtree(self.folder)

    def tails(self):
        return "".join(it.tail() for it in self.brokers if os.path.exists(it.log))

    def partitions(self, topic, patience=PATIENCE):
        """partition -> (leader, ISR, replicas); {}: it is not known yet, or the broker that was asked just died."""
        try:
            found = self.admin.list_topics(topic, patience).topics[topic]
        except confluent_kafka.KafkaException as error:
            if error.args[0].code() not in (confluent_kafka.KafkaError._TRANSPORT, confluent_kafka.KafkaError._ALL_BROKERS_DOWN):  # pylint: disable=protected-access
                raise
            return {}
        return {number: (part.leader, sorted(part.isrs), sorted(part.replicas))
                for number, part in found.partitions.items()}

    def make_topic(self, topic, partitions, replicas=None, **config):
        """`replicas`: so many, or for each partition those."""
        placed = isinstance(replicas, list)
        size = len(replicas[0]) if placed else replicas or len(self.brokers)
        given = {"replica_assignment": replicas} if placed else {"replication_factor": size}
        new = confluent_kafka.admin.NewTopic(topic, partitions, config={key.replace("_", "."): str(value) for key, value
                                                                        in config.items()}, **given)
        self.admin.create_topics([new], request_timeout=PATIENCE)[topic].result(PATIENCE)
        self.wait_for_isr(topic, partitions, size)

    def cut_power(self, brokers, draw):
        """Of all of them at one instant."""
        for it in brokers:
            it.signal(signal.SIGSTOP)
        for it in brokers:
            it.cut_power(draw)

    def has_isr(self, topic, partitions, size):
        found = self.partitions(topic)
        return len(found) == partitions and all(len(isr) == size and leader >= 0 for leader, isr, _ in found.values())

    def wait_for_isr(self, topic, partitions, size):
        wait_until(lambda: self.has_isr(topic, partitions, size),
                   lambda: f"{topic}: ISR of {size}: {self.partitions(topic)}")

    def differences(self, topic, partitions):
        """What is not the same on all brokers; where segments end is each one's own, as a roll may have failed."""
        found = []
        for partition in range(partitions):
            first = digest(self.brokers[0].files(topic, partition))
            found += [f"{topic}-{partition}: other records on {broker.number}" for broker in self.brokers[1:]
                      if digest(broker.files(topic, partition)) != first]
        return found
