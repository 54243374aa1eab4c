"""notify.py KLAMMD...: a unit of Type=notify: it tells when it serves and when it stops, as systemd wants to know."""
import os
import signal
import socket
import subprocess
import sys
import tempfile

with tempfile.TemporaryDirectory() as folder:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(folder + "/notify")
    listener.settimeout(30)
    process = subprocess.Popen(sys.argv[1:], env=dict(os.environ, NOTIFY_SOCKET=folder + "/notify"),
                               stderr=subprocess.DEVNULL)
    try:
        assert b"READY=1" in listener.recv(4096).split(b"\n")
        process.send_signal(signal.SIGTERM)
        assert b"STOPPING=1" in listener.recv(4096).split(b"\n")
        assert process.wait(30) == 0
    finally:
        process.kill()
