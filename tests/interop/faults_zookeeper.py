"""Debian's ZooKeeper away, a session that ends, znodes that nobody can read; a client works beside all the time."""
import signal
import time

from house import House, wait_until
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import KafkaError
from rows import expect
from simple import CHROOT, Tree


def create(house, name):
    admin = KafkaAdminClient(bootstrap_servers=house.address)
    try:
        admin.create_topics([NewTopic(name, 1, 1)], timeout_ms=3000)
    finally:
        admin.close()


def away(house, beside):
    """F7: it serves with the leaders it has; what needs ZooKeeper is an error; then all goes on."""
    house.stop_zookeeper()
    for _ in range(3):
        beside.served()
        time.sleep(1)
    try:
        create(house, "meanwhile")
    except KafkaError:
        pass
    else:
        raise AssertionError("a topic was made without a ZooKeeper")
    beside.served()
    house.start_zookeeper()
    wait_until(lambda: made(house, "afterwards"), "a topic can be made again")


def made(house, name):
    try:
        create(house, name)
        return True
    except KafkaError as error:
        return "AlreadyExists" in type(error).__name__


def session_expires(house, beside):
    """F4: the process stands still until ZooKeeper has given it up; then it registers again, with a new epoch."""
    with Tree(house) as tree:
        before = tree.exists(CHROOT + "/brokers/ids/0").czxid
        house.broker.send_signal(signal.SIGSTOP)
        try:
            wait_until(lambda: tree.exists(CHROOT + "/brokers/ids/0") is None, "its session is over")
        finally:
            house.broker.send_signal(signal.SIGCONT)
        wait_until(lambda: tree.exists(CHROOT + "/brokers/ids/0") is not None, "it has registered again")
        expect(tree.exists(CHROOT + "/brokers/ids/0").czxid > before, "an old epoch")
        wait_until(lambda: tree.exists(CHROOT + "/controller") is not None, "it is controller again")
    wait_until(lambda: made(house, "after-the-session"), "a topic can be made")


JUNK = {"/brokers/topics/junk": b"\xff\xfe{", "/brokers/topics/no-json": b"[]", "/brokers/topics/bad..name/x": b"",
        "/config/topics/junk": b"{\"version\":1", "/config/topics/afterwards-config": b"\0" * 5000,
        "/admin/delete_topics/never-was": b"x",
        "/brokers/topics/huge": b"{" + b"\"a\":1," * 100000 + b"\"version\":2}"}


def junk_znodes(house, beside):
    """F30: what cannot be read is left as it is, alive and after a restart; all else goes on."""
    with Tree(house) as tree:
        for path, data in JUNK.items():
            if tree.exists(CHROOT + path) is None:
                tree.create(CHROOT + path, data, makepath=True)
            else:
                tree.set(CHROOT + path, data)
        beside.served()
        wait_until(lambda: made(house, "beside-junk"), "a topic can be made")
        house.kill_broker()
        house.start_broker()
        beside.served()
        wait_until(lambda: made(house, "beside-junk-again"), "a topic can be made")
        for path in ("/brokers/topics/junk", "/brokers/topics/no-json", "/config/topics/junk", "/brokers/topics/huge"):
            expect(tree.get(CHROOT + path)[0] == JUNK[path], path + " was changed")


def junk_broker_config(house, beside):
    """F30: a broker that cannot read what binds it does not start, and says which node that is."""
    house.stop_broker()
    with Tree(house) as tree:
        tree.create(CHROOT + "/config/brokers/0", b"{\"version\":1,\"config\":[]}", makepath=True)
        house.spawn_broker()
        expect(house.broker.wait(120) == 1 and house.said("/config/brokers/0"), "it has started")
        house.broker = None
        tree.delete(CHROOT + "/config/brokers/0")
    house.start_broker()


def foreign_registration(house, beside):
    """F5: the node of a session that is not its own is never taken away; the start waits, and is refused."""
    house.stop_broker()
    with Tree(house) as tree:
        tree.create(CHROOT + "/brokers/ids/0", b"another's", ephemeral=True)
        house.spawn_broker()
        expect(house.broker.wait(120) == 1, "it has started")
        house.broker = None
        expect(tree.get(CHROOT + "/brokers/ids/0")[0] == b"another's", "the node was changed")
    house.start_broker()


ZOOKEEPER = [("F7", away), ("F4", session_expires), ("F5", foreign_registration), ("F30", junk_broker_config),
             ("F30", junk_znodes)]


def run(check, program, only, beside_of):
    chosen = [(row, call) for row, call in ZOOKEEPER if only in call.__name__]
    if not chosen:
        return
    with House(program, "zookeeper", ["zookeeper.session.timeout.ms=4000"]) as house:
        house.start_zookeeper()
        house.start_broker()
        with beside_of(house) as beside:
            for row, call in chosen:
                check("%s ZooKeeper: %s" % (row, call.__name__.replace("_", " ")), beside.unharmed, call, beside)
            check("each record of the client beside is there, once", beside.all_there)
        check("klammd stops", house.stop_broker)
