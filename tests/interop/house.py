"""The processes of a run: klammd and the ZooKeeper it stands on, the embedded one or Debian's."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

WAIT_S = 120  # nothing takes that long on any machine; nothing is asserted of times

ZOOKEEPER = ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp",
             "/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-nop.jar",
             "org.apache.zookeeper.server.ZooKeeperServerMain"]

PROPERTIES = """broker.id=0
listeners=PLAINTEXT://%(address)s
log.dirs=%(folder)s/data
zookeeper.connect=127.0.0.1:%(zookeeper)d/chroot
offsets.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
"""


class Failure(Exception):
    """A check that does not hold, with what is known of it."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def told(what):
    return told(what()) if callable(what) else what


def wait_until(holds, what, alive=None):
    """Polls; a condition that never comes is a failure, and so is the end of a process that it depends on."""
    until = time.monotonic() + WAIT_S
    while not holds():
        if time.monotonic() > until:
            raise Failure("waited in vain: " + told(what))
        if alive is not None and alive.poll() is not None and not holds():
            raise Failure("ended too early: " + told(what))
        time.sleep(0.02)


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class House:
    def __init__(self, program, kind, overrides=()):
        self.program, self.kind, self.overrides = os.path.abspath(program), kind, list(overrides)
        self.folder = tempfile.mkdtemp(prefix="interop-")
        self.log = os.path.join(self.folder, "klammd.log")
        self.broker = self.zookeeper = None
        self.port, self.zookeeper_port = free_port(), free_port()
        self.address = "127.0.0.1:%d" % self.port

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.broker, self.zookeeper):
            if process is not None:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def log_path(self, name):
        """In the log dir."""
        return os.path.join(self.folder, "data/logs" if self.kind == "embedded" else "data", name)

    def log_text(self):
        with open(self.log, errors="replace") as file:
            return file.read()

    def log_end(self):
        """Its last lines; of a sanitizer's report the head, as its end says nothing."""
        text = self.log_text()
        at = text.find("ERROR: AddressSanitizer")
        return text[at:at + 4000] if at >= 0 else text[-2000:]

    # -------------------------------------------------------------- ZooKeeper

    def start_zookeeper(self):
        if self.kind == "embedded":
            return
        with open(self.path("zoo.cfg"), "w") as file:
            file.write("tickTime=1000\ndataDir=%s\nclientPort=%d\nclientPortAddress=127.0.0.1\n"
                       "4lw.commands.whitelist=srvr\nadmin.enableServer=false\n"
                       % (self.path("zookeeper"), self.zookeeper_port))
        with open(self.path("zookeeper.log"), "a") as log:
            self.zookeeper = subprocess.Popen(ZOOKEEPER + [self.path("zoo.cfg")], stdin=subprocess.DEVNULL,
                                              stdout=log, stderr=log)
        wait_until(lambda: listens(self.zookeeper_port), "ZooKeeper listens", self.zookeeper)

    def stop_zookeeper(self):
        self.zookeeper.kill()
        self.zookeeper.wait()
        self.zookeeper = None

    # ----------------------------------------------------------------- klammd

    def command(self):
        if self.kind == "embedded":
            command = [self.program, "--dev", "--data", self.path("data"),
                       "--override", "listeners=PLAINTEXT://" + self.address,
                       "--override", "klamm.embedded.zookeeper=127.0.0.1:%d" % self.zookeeper_port]
        else:
            with open(self.path("server.properties"), "w") as file:
                file.write(PROPERTIES % {"address": self.address, "folder": self.folder,
                                         "zookeeper": self.zookeeper_port})
            command = [self.program, self.path("server.properties")]
        for override in self.overrides:
            command[1:1] = ["--override", override]
        return command

    def spawn_broker(self, **options):
        with open(self.log, "a") as log:
            self.log_from = log.tell()
            self.broker = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options)

    def said(self, text):
        """Since the last start."""
        with open(self.log, "rb") as log:
            log.seek(self.log_from)
            return text.encode() in log.read()

    def start_broker(self, **options):
        self.spawn_broker(**options)
        wait_until(lambda: self.said("[KafkaServer id=0] started"), lambda: "klammd starts:\n" + self.log_end(),
                   self.broker)

    def stop_broker(self):
        self.broker.send_signal(signal.SIGTERM)
        status = self.broker.wait(WAIT_S)
        self.broker = None
        if status != 0:
            raise Failure("klammd ended with status %d:\n%s" % (status, self.log_end()))

    def kill_broker(self):
        if self.broker.poll() is not None:
            raise Failure("klammd ended by itself with status %d:\n%s" % (self.broker.returncode, self.log_end()))
        self.broker.kill()
        self.broker.wait()
        self.broker = None
