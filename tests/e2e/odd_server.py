"""A socket that is not the daemon's: answers each connection's first bytes with what a test wants, and stays open."""
import socket
import threading


class OddServer:
    """`with OddServer(path, answer) as path:`; hang_up: closes the connection behind the answer."""

    def __init__(self, path, answer, hang_up=False):
        self.path, self.answer, self.hang_up = str(path), answer, hang_up
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(8)
        self.connections = []
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def serve(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return  # the test is over
            self.connections.append(connection)
            threading.Thread(target=self.answer_one, args=(connection,), daemon=True).start()

    def answer_one(self, connection):
        try:
            if connection.recv(65536):
                connection.sendall(self.answer)
            if self.hang_up:
                connection.close()
        except OSError:
            pass  # the other side has seen enough

    def __enter__(self):
        self.thread.start()
        return self.path

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            connection.close()
        self.thread.join(10)
