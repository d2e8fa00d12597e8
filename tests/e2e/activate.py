"""Hands a listening Unix socket to a program the way systemd does: activate.py SOCKET PROGRAM [ARGUMENT]..."""
import os
import socket
import sys

server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(16)
given = server.detach()
if given != 3:
    os.dup2(given, 3)
    os.close(given)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_FDNAMES="blynkd.socket", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
