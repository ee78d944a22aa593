"""Run `inside.py CONTROL_FD HOSTS TMUX_SOCKET TMUX_CONFIGURATION` as a sandbox's first process.

Enable loopback, mount HOSTS over /etc/hosts, and start a tmux server. Send a socket that listens on
port 443 through CONTROL_FD, a Unix socket. Then adopt orphans until the other end of CONTROL_FD
closes, and end every process of the sandbox.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    hosts, tmux_socket, tmux_configuration = sys.argv[2:]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
    subprocess.run(
        ["tmux", "-S", tmux_socket, "-f", tmux_configuration, "start-server"], check=True
    )
    with socket.create_server(("127.0.0.1", 443), backlog=128) as listener:
        socket.send_fds(control, [b"ready"], [listener.fileno()])
    threading.Thread(target=_end_with, args=[control], daemon=True).start()
    while True:
        try:
            os.wait()
        except ChildProcessError:
            time.sleep(0.1)


def _end_with(control: socket.socket) -> None:
    control.recv(1)
    os._exit(0)


main()
