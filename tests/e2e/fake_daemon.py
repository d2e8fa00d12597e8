"""Something that listens where the daemon would and answers from a table: an old daemon, or one that means harm."""
import pathlib
import socket
import threading


def encode(value):
    """RESP2: a list is an array, an int an integer, an Exception an error, None a null, the rest a bulk string."""
    if value is None:
        return b"$-1\r\n"
    if isinstance(value, Exception):
        return b"-" + str(value).encode() + b"\r\n"
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, (list, tuple)):
        return b"*%d\r\n" % len(value) + b"".join(encode(part) for part in value)
    text = value if isinstance(value, bytes) else str(value).encode()
    return b"$%d\r\n%s\r\n" % (len(text), text)


def flat(pairs):
    return [part for pair in pairs.items() for part in pair]


class FakeDaemon:
    def __init__(self, folder, answers):
        self.answers = answers  # "LINK HISTORY" or "LINK": an answer
        self.path = pathlib.Path(folder, "fake.sock")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(self.path))
        self.socket.listen()
        self.clients = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            self.clients.append(client)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        stream = client.makefile("rb")
        try:
            while True:
                words = []
                for _ in range(int(stream.readline()[1:])):
                    length = int(stream.readline()[1:])
                    words.append(stream.read(length + 2)[:-2].decode(errors="replace"))
                client.sendall(encode(self.answer(words)))
        except (OSError, ValueError):
            client.close()

    def answer(self, words):
        for count in range(len(words), 0, -1):
            name = " ".join(words[:count]).upper()
            if name in self.answers:
                return self.answers[name]
        return Exception(f"ERR unknown command '{words[0]}'")

    def close(self):
        self.socket.close()
        for client in self.clients:
            client.close()
        self.path.unlink()
