"""Where processes run: all on the loopback address, or each on a machine of its own, a network namespace."""
import os
import socket
import subprocess
import sys

INSIDE = "KLAMM_FAULT_INSIDE"


def free_port():
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return some.getsockname()[1]


class Loopback:
    def address(self, name, port):
        """(host, port) of a process; another port than it would like, as all share one machine."""
        return "127.0.0.1", free_port()

    def command(self, name, command):
        return command


def move_inside():
    """Runs this program again in namespaces of its own, where bridge and machines are nobody else's."""
    if INSIDE in os.environ:
        return
    os.environ[INSIDE] = "1"
    command = ["unshare", "--mount", "--net", "--fork", "--kill-child"]
    if os.geteuid() != 0:
        command += ["--user", "--map-root-user"]
    os.execvp(command[0], command + [sys.executable, "-B"] + sys.argv)


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


class Machines:
    """A bridge, on which this program is, and a namespace for each name; after move_inside()."""

    NETWORK, HERE = "10.7.0.", 254

    def __init__(self):
        self.addresses = {}
        os.makedirs("/run/netns", exist_ok=True)
        run("mount", "-t", "tmpfs", "netns", "/run/netns")
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "bridge", "type", "bridge")
        run("ip", "addr", "add", "%s%d/24" % (self.NETWORK, self.HERE), "dev", "bridge")
        run("ip", "link", "set", "bridge", "up")

    def address(self, name, port):
        if name not in self.addresses:
            self.add(name, self.NETWORK + str(len(self.addresses) + 1))
        return self.addresses[name], port

    def add(self, name, address):
        self.addresses[name] = address
        run("ip", "netns", "add", name)
        run("ip", "link", "add", "to-" + name, "type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "link", "set", "to-" + name, "master", "bridge", "up")
        for words in (("link", "set", "lo", "up"), ("addr", "add", address + "/24", "dev", "eth0"),
                      ("link", "set", "eth0", "up")):
            run("ip", "-n", name, *words)

    def command(self, name, command):
        return ["ip", "netns", "exec", name] + command

    def rule(self, what, name, source):
        run("ip", "netns", "exec", name, "iptables", "-w", what, "INPUT", "-s", self.addresses[source], "-j", "DROP")

    def cut(self, name, source):
        """What `source` sends to `name` is lost."""
        self.rule("-A", name, source)

    def heal(self, name, source):
        """Takes back one cut."""
        self.rule("-D", name, source)

    def heal_all(self):
        for name in self.addresses:
            run("ip", "netns", "exec", name, "iptables", "-w", "-F", "INPUT")
