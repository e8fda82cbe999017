"""A kernel under attack: what is forged, cut off, malformed, replayed or unknown is ignored and told, and the kernel lives."""
import hashlib
import hmac
import json
import os
import random
import socket
import struct
import time

import counts
import processes
from attack import CHANNELS, DELIMITER, LINES, PERIOD, REQUESTS, AttackTest, greeting

DEEP = b"[" * 100_000
SEED = 7


class Forged(AttackTest):
    def forgeries(self):
        """Messages that nobody with the key has made, by name."""
        for channel in REQUESTS:
            (signature, *parts), _ = self.request()
            key = self.session.key
            yield channel, "a wrong signature", [DELIMITER, b"0" * 64, *parts]
            yield channel, "no signature", [DELIMITER, *parts]
            yield channel, "an empty signature", [DELIMITER, b"", *parts]
            yield channel, "half a signature", [DELIMITER, signature[:32], *parts]
            yield channel, "a signature in capitals", [DELIMITER, signature.upper(), *parts]
            yield channel, "a signature and more", [DELIMITER, signature + b"00", *parts]
            yield channel, "a signature that is not hexadecimal", [DELIMITER, b"\xff" * 64, *parts]
            for name in ("md5", "sha1", "sha512"):
                yield channel, name, [DELIMITER, hmac.new(key, b"".join(parts), name).hexdigest().encode(), *parts]
            yield channel, "no key", [DELIMITER, hashlib.sha256(b"".join(parts)).hexdigest().encode(), *parts]
            other = hmac.new(b"another key", b"".join(parts), "sha256").hexdigest().encode()
            yield channel, "another key", [DELIMITER, other, *parts]
            changed = [*parts[:3], parts[3].replace(b"ran", b"run")]
            yield channel, "another content", [DELIMITER, signature, *changed]
            yield channel, "no delimiter", [signature, *parts]
            yield channel, "the delimiter alone", [DELIMITER]
            yield channel, "delimiter and signature", [DELIMITER, signature]
            yield channel, "three parts", [DELIMITER, signature, *parts[:3]]
            yield channel, "two delimiters", [DELIMITER, DELIMITER, signature, *parts]
            yield channel, "an empty frame", [b""]
            yield channel, "a million frames' beginning", [b"x"] * 900
            yield channel, "10,000 frames", [b"x"] * 10_000

    def test_forgeries_are_ignored_and_told(self):
        before, tried, lost = self.told(), 0, []
        for channel, name, frames in self.forgeries():
            dealer = self.dealer(channel)
            dealer.send_multipart(frames)
            dealer.close(linger=1000)
            tried += 1
            try:
                self.honest()
            except AssertionError as error:
                lost.append(f"{name} on {channel}: {error}")
        self.telling(before, tried)
        self.lives()
        counts.record(self, "kernel: forged and truncated messages", tried, lost, f"slowest honest answer {self.slowest:.2f} s")

    def test_a_message_that_comes_again_is_ignored(self):
        """It used to run again."""
        (signature, *parts), ident = self.request(content={"code": 'println!("once");', "silent": False})
        tries, before = counts.tries(20, 1000), self.told()
        dealers = [self.dealer(channel) for channel in ("shell", "control")]
        dealers[0].send_multipart([DELIMITER, signature, *parts])
        self.assertTrue(dealers[0].poll(60_000))
        for turn in range(tries):
            # Addresses and buffers are not signed.
            dealers[turn % 2].send_multipart([DELIMITER, signature, *parts, b"buffer"][: 6 + turn % 3])
        self.telling(before, tries)
        self.assertEqual(json.loads(dealers[0].recv_multipart()[-1])["status"], "ok")
        again = sum(dealer.poll(200) for dealer in dealers)
        texts, client = [], self.kernel.client
        while client.iopub_channel.msg_ready():
            message = client.get_iopub_msg(timeout=1)
            if message["parent_header"].get("msg_id") == ident and message["msg_type"] == "stream":
                texts.append(message["content"]["text"])
        self.assertEqual((texts, again), (["once\n"], 0))
        self.lives()
        counts.record(self, "kernel: replayed messages", tries, [], "it ran once")

    def test_a_flood_neither_fills_the_log_nor_holds_up_others(self):
        (_, *parts), _ = self.request()
        size, begun, sent = os.stat(self.log.name).st_size, time.monotonic(), 0
        dealers = [self.dealer(channel) for channel in REQUESTS * 3]
        while time.monotonic() - begun < counts.tries(4, 30):
            for dealer in dealers:
                for _ in range(50):
                    dealer.send_multipart([DELIMITER, b"0" * 64, *parts])
                    sent += 1
            self.honest()
        lines = (os.stat(self.log.name).st_size - size) / 100
        self.assertLess(lines, LINES * (2 + (time.monotonic() - begun) / PERIOD))
        for dealer in dealers:
            dealer.close()
        self.lives()
        counts.record(self, "kernel: a flood of forged messages", sent, [], f"slowest honest answer {self.slowest:.2f} s")


class Malformed(AttackTest):
    """Signed with the right key: a client of the user's that is broken."""

    def malformed(self):
        header = self.session.msg("execute_request", {})["header"]
        good = [json.dumps(header, default=str).encode(), b"{}", b"{}", b'{"code": ""}']
        wrong = [
            b"", b"\xff\xfe", b"{", b"null", b"[]", b"0", b'"text"', b"1e400", b'{"a": 1e999}', b"{\"a\": \"\\ud800\"}", b"\0" * 100,
            DEEP, DEEP + b"]" * 100_000, b'{"a":' * 100_000, b'{"a": ' + b"9" * 100_000 + b"}", b"{}{}",
        ]
        for place in range(4):
            for part in wrong:
                yield [*good[:place], part, *good[place + 1 :]]
        for name in ("msg_id", "msg_type", "session", "username", "date", "version"):
            for value in (None, 5, -1, 1.5, True, [], {}, "", "x" * 1_000_000, "\0", "\u2028", 10**30):
                yield [json.dumps({**header, name: value}, default=str).encode(), *good[1:]]
        fields = {
            "execute_request": ("code", "silent", "store_history", "user_expressions", "allow_stdin", "stop_on_error"),
            "complete_request": ("code", "cursor_pos"),
            "inspect_request": ("code", "cursor_pos", "detail_level"),
            "history_request": ("hist_access_type", "n", "start", "stop", "session", "pattern", "unique", "raw", "output"),
            "is_complete_request": ("code",),
            "comm_open": ("comm_id", "target_name", "data"),
            "debug_request": ("seq", "command"),
            "input_reply": ("value",),
            "no_such_request": ("any",),
            "no such \n type": ("any",),
        }
        for kind, names in fields.items():
            rest = {"code": "", "cursor_pos": 1, "hist_access_type": "search", "pattern": "*", "comm_id": "c", "value": ""}
            for name in names:
                for value in (None, -1, 2**63, 2**64, 1.5, True, [], {}, "((((", "*" * 1000, "é" * 1000):
                    yield self.session.serialize(self.session.msg(kind, {**rest, name: value}))[2:]
        for code in ("(" * 100_000, "(" * 50_000 + ")" * 50_000, "[" * 1000 + "]" * 1000, "/*" * 50_000, "\0", "'" * 1000, "?" * 1000):
            for kind in ("is_complete_request", "complete_request", "inspect_request"):
                yield self.session.serialize(self.session.msg(kind, {"code": code, "cursor_pos": 10**9}))[2:]

    def test_what_cannot_be_read_is_answered_or_ignored(self):
        messages = [(channel, parts) for parts in self.malformed() for channel in REQUESTS]
        random.Random(SEED).shuffle(messages)
        messages, lost = messages[: counts.tries(200, len(messages))], []
        for turn, (channel, parts) in enumerate(messages):
            dealer = self.dealer(channel)
            dealer.send_multipart(self.signed(*parts))
            dealer.close(linger=1000)
            if turn % 50 == 49:
                try:
                    # Behind a cell that failed the next ones are aborted, as Jupyter has it.
                    if self.kernel.run("ran").status == "aborted":
                        self.ok("ran")
                    self.honest()
                except AssertionError as error:
                    lost.append(f"before {[part[:80] for part in parts]}: {error}")
        self.lives()
        figures = f"seed {SEED}, slowest honest answer {self.slowest:.2f} s"
        counts.record(self, "kernel: malformed messages with the right key", len(messages), lost, figures)

    def test_mutated_messages(self):
        chance, tried, lost = random.Random(SEED), counts.tries(200, 2000), []
        kinds = ("execute_request", "complete_request", "inspect_request", "history_request", "kernel_info_request", "comm_open")
        print(f"seed {SEED}")
        for turn in range(tried):
            content = {"code": "3", "cursor_pos": 1, "hist_access_type": "tail", "comm_id": "c", "silent": True}
            (signature, *parts), _ = self.request(chance.choice(kinds), content)
            for _ in range(chance.randrange(1, 4)):
                mutate(chance, parts)
            frames = self.signed(*parts) if turn % 2 else [DELIMITER, signature, *parts]
            dealer = self.dealer(chance.choice(REQUESTS))
            dealer.send_multipart(frames)
            dealer.close(linger=1000)
            if turn % 50 == 49:
                try:
                    self.ok("1")
                    self.honest()
                except AssertionError as error:
                    lost.append(f"{turn}: {error}")
        self.lives()
        counts.record(self, "kernel: mutated messages", tried, lost, f"seed {SEED}, slowest honest answer {self.slowest:.2f} s")


def mutate(chance, parts):
    place = chance.randrange(len(parts))
    part = bytearray(parts[place])
    match chance.randrange(5):
        case 0 if part:
            part[chance.randrange(len(part))] ^= 1 << chance.randrange(8)
        case 1:
            part = part[: chance.randrange(len(part) + 1)]
        case 2:
            at = chance.randrange(len(part) + 1)
            part[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 9)))
        case 3:
            part = part * 2
        case _:
            other = chance.randrange(len(parts))
            parts[other], part = bytes(part), bytearray(parts[other])
    parts[place] = bytes(part)


class Bytes(AttackTest):
    """What is no message at all."""

    def resident(self):
        return processes.resident(self.kernel.pid)

    def test_other_languages(self):
        chance, before, tried = random.Random(SEED), self.told(), 0
        texts = (
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"\x16\x03\x01" + bytes(200), chance.randbytes(1 << 20), b"\n", bytes(1 << 16), b"SSH-2.0-x\r\n",
            b"\xff" + bytes(9), greeting()[:63] + b"x" * 1000, greeting() + chance.randbytes(1 << 16), greeting() + b"\x04\xff" + bytes(255),
        )
        for channel in CHANNELS:
            for text in texts:
                with self.connection(channel) as stream:
                    try:
                        stream.sendall(text)
                        stream.shutdown(socket.SHUT_WR)
                        while stream.recv(1 << 16):
                            pass
                    except OSError:
                        # It has hung up.
                        pass
                tried += 1
                self.honest()
        self.telling(before, tried // 2)
        self.lives()
        counts.record(self, "kernel: bytes that are not ZeroMQ's", tried, [], f"slowest honest answer {self.slowest:.2f} s")

    def test_frames_that_lie_about_their_length(self):
        """They used to end the kernel: it made room for what was announced."""
        lengths, tried, before = (1 << 26, 1 << 30, 1 << 36, 1 << 40, 1 << 62, (1 << 63) - 1, (1 << 64) - 1), 0, self.resident()
        for channel in CHANNELS:
            for length in lengths:
                for flags in (2, 3, 6):
                    with self.connection(channel, greet=True) as stream:
                        stream.sendall(bytes([flags]) + length.to_bytes(8, "big") + b"x" * 100)
                        stream.settimeout(30)
                        try:
                            while stream.recv(1 << 16):
                                pass
                        except ConnectionResetError:
                            pass
                    tried += 1
            self.honest()
        grown = self.resident() - before
        self.lives()
        self.assertLess(grown, 50e6)
        counts.record(self, "kernel: frames with a false length", tried, [], f"{grown / 1e6:.0f} MB more in memory")

    def test_a_message_without_an_end(self):
        """Each frame is small and says that more follow."""
        before, sent = self.resident(), 0
        for channel in CHANNELS:
            with self.connection(channel, greet=True) as stream:
                frame = b"\x03" + (1 << 16).to_bytes(8, "big") + bytes(1 << 16)
                try:
                    for _ in range(4000):
                        stream.sendall(frame)
                        sent += len(frame)
                except OSError:
                    continue
                self.fail(f"{channel} took 260 MB")
        grown = self.resident() - before
        self.lives()
        self.assertLess(grown, 200e6)
        print(f"{sent / 1e6:.0f} MB of messages without an end, {grown / 1e6:.0f} MB more in memory")

    def test_a_frame_of_200_megabytes(self):
        before, told = self.resident(), self.told()
        dealer = self.dealer("shell")
        dealer.send_multipart([DELIMITER, b"0" * 64, b"{}", b"{}", b"{}", bytes(200 << 20)], copy=False)
        self.telling(told, 1)
        self.honest()
        grown = self.resident() - before
        dealer.close()
        self.lives()
        self.assertLess(grown, 100e6)
        print(f"a frame of 200 MB: {grown / 1e6:.0f} MB more in memory")

    def test_500_connections_that_are_left(self):
        tried = 0
        for sends in (b"", greeting())[-counts.tries(1, 2) :] + (greeting()[:10], greeting()[:30])[: counts.tries(0, 2)]:
            streams = []
            for channel in CHANNELS:
                for _ in range(125):
                    stream = socket.create_connection(("127.0.0.1", self.port(channel)), timeout=30)
                    streams.append(stream)
                    if sends:
                        try:
                            stream.sendall(sends)
                        except OSError:
                            pass
                tried += 125
                self.honest()
            self.assertLess(len(os.listdir(f"/proc/{self.kernel.pid}/fd")), 1000)
            time.sleep(6)
            self.lives()
            for stream in streams:
                stream.close()
        counts.record(self, "kernel: connections that are opened and left", tried, [], f"slowest honest answer {self.slowest:.2f} s")

    def test_connections_that_are_reset(self):
        tried = 0
        for turn in range(counts.tries(500, 5000)):
            stream = socket.create_connection(("127.0.0.1", self.port(CHANNELS[turn % 5])), timeout=30)
            # Closed so, it is reset.
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if turn % 3:
                stream.sendall(greeting()[: turn % 64 + 1])
            stream.close()
            tried += 1
            if turn % 250 == 249:
                self.honest()
        self.lives()
        counts.record(self, "kernel: connections that are reset", tried, [], f"slowest honest answer {self.slowest:.2f} s")

    def test_a_heartbeat_that_is_malformed_does_not_stop_it(self):
        """The first one used to."""
        for frames in ([b""], [b"", b""], [b"x"], [b"x"] * 100, [b"", b"x" * 900]):
            dealer = self.dealer("hb")
            dealer.send_multipart(frames)
            self.honest()
        # One that beats and takes no answers.
        with self.connection("hb", greet=True) as stream:
            stream.setblocking(False)
            try:
                for _ in range(20_000):
                    stream.sendall(b"\x01\x00\x00\xff" + bytes(255))
            except OSError:
                pass
            self.honest()
        self.lives()


del AttackTest
