"""The main job with each modem: a pin travels up, a pin travels down."""
import time

import pytest
import redis

from harness import as_map, wait_until

simulated_cloud = pytest.mark.simulated_cloud


def test_online(rig):
    link = rig.link()
    assert link["state"] == "ONLINE"
    assert link["why"]
    wait_until(rig.cloud.connected, "the cloud counts the device as online")


@simulated_cloud
def test_info_message(rig):
    info = wait_until(lambda: rig.cloud.show("info"), "the info message")
    pairs = dict(zip(info[::2], info[1::2]))
    assert info[0] == "ver"  # the legacy server looks at the first key only
    assert pairs["h-beat"] == "5"
    assert 256 <= int(pairs["buff-in"]) <= 65535
    assert rig.cloud.frames()["logins_refused"] == 0


def test_set_reaches_the_cloud(rig):
    with rig.client() as client:
        value = f"23.{time.time_ns()}"
        assert client.set("V5", value) is True
        rig.cloud.wait_for("V5", value)
        assert client.get("V5") == value
        assert client.get("v5") == value
        assert client.get("V199") is None


def test_update_reaches_subscribers(rig):
    listener = rig.listen("V7", "V8")
    pattern = rig.listen(patterns=["V[789]"])
    rig.cloud.update("V7", "on")
    rig.cloud.update("V8", "11")
    for one in (listener, pattern):
        one.wait_for("V7", "on")
        one.wait_for("V8", "11")
    with rig.client() as client:
        assert client.get("V7") == "on"


def test_several_values(rig):
    listener = rig.listen("V20")
    with rig.client() as client:
        assert client.execute_command("BLYNK.WRITE", "V21", "3", "4") in ("OK", b"OK", True)
        rig.cloud.wait_for("V21", "3", "4")
        assert client.set("V21", "5\x006") is True
        rig.cloud.wait_for("V21", "5", "6")
    rig.cloud.update("V20", "7", "8")
    listener.wait_for("V20", "7\x008")


def test_mset_and_mget(rig):
    stamp = str(time.time_ns())
    with rig.client() as client:
        assert client.mset({"V30": stamp, "V31": "b" + stamp, "V32": "ä €"}) is True
        rig.cloud.wait_for("V30", stamp)
        rig.cloud.wait_for("V31", "b" + stamp)
        rig.cloud.wait_for("V32", "ä €")
        assert client.mget("V30", "V198", "V32") == [stamp, None, "ä €"]


def test_mset_is_all_or_nothing(rig):
    with rig.client() as client:
        client.set("V33", "before")
        with pytest.raises(redis.exceptions.ResponseError, match="^WRONGPIN"):
            client.mset({"V33": "after", "nonsense": "1"})
        assert client.get("V33") == "before"


@simulated_cloud
def test_pipeline_keeps_order(rig):
    before = len(rig.cloud.values("V40"))
    with rig.client() as client:
        pipe = client.pipeline(transaction=False)
        for number in range(200):
            pipe.set("V40", number)
        assert pipe.execute() == [True] * 200
        rig.cloud.wait_for("V40", 199)
        assert rig.cloud.values("V40")[before:] == [str(number) for number in range(200)]
        assert client.execute_command("BLYNK.FLUSH", 20000) == 0


def test_flush_confirms(rig):
    with rig.client() as client:
        client.set("V41", "flushed")
        assert client.execute_command("BLYNK.FLUSH", 20000) == 0
        assert rig.cloud.get("V41") == ["flushed"]  # confirmed means: it is there already


@simulated_cloud
def test_sync(rig):
    with rig.client() as client:
        client.set("V45", "stored")
        assert client.execute_command("BLYNK.FLUSH", 20000) == 0
        listener = rig.listen("V45")
        client.execute_command("BLYNK.SYNC", "V45")
        listener.wait_for("V45", "stored")


@simulated_cloud
def test_property(rig):
    with rig.client() as client:
        client.execute_command("BLYNK.PROPERTY", "V5", "color", "#D3435C")

        def there():
            return [note for note in rig.cloud.show("properties")
                    if (note["pin"], note["property"], note["values"]) == ("V5", "color", ["#D3435C"])]
        wait_until(there, "the property in the cloud")


@simulated_cloud
def test_internal_channel(rig):
    listener = rig.listen("internal")
    rig.cloud.control("internal acon")
    rig.cloud.control("internal ota http://example.invalid/firmware")
    wait_until(lambda: any("acon" in data for _, data in listener.messages), "acon on channel internal")
    wait_until(lambda: any("http://example.invalid/firmware" in data for _, data in listener.messages),
               "the firmware's address on channel internal")


def test_wrong_pins(rig):
    with rig.client() as client:
        for pin in ("V256", "X1", "V", "V-1", "5"):
            with pytest.raises(redis.exceptions.ResponseError, match="^WRONGPIN"):
                client.set(pin, "1")


def test_keys(rig):
    with rig.client() as client:
        client.set("V50", "1")
        assert "V50" in client.keys("V*")
        assert "V50" in set(client.scan_iter())
        assert client.exists("V50") == 1
        assert client.exists("V197") == 0
        assert client.type("V50") == "string"
        assert client.dbsize() == len(client.keys("*"))


def test_link_map(rig):
    link = rig.link()
    assert link["state"] == "ONLINE"
    assert " " in link["why"]
    text = " ".join(f"{key}={value}" for key, value in link.items())
    assert "blynk.test" in text


def test_modem_map(rig):
    with rig.client() as client:
        modem = as_map(client.execute_command("MODEM"))
    assert modem["profile"] == rig.profile
    text = " ".join(str(value) for value in modem.values())
    assert "866104020000001" in text  # the IMEI
    assert "Simulated" in text        # the operator


def test_modem_at(rig):
    with rig.client() as client:
        lines = client.execute_command("MODEM.AT", "AT+CSQ")
        assert lines[-1] == "OK"
        assert any(line.startswith("+CSQ:") for line in lines)


def test_large_value(rig):
    value = "x" * 900
    listener = rig.listen("V61")
    with rig.client() as client:
        client.set("V60", value)
        rig.cloud.wait_for("V60", value)
    rig.cloud.update("V61", value)
    listener.wait_for("V61", value)


def test_payload_that_looks_like_answers(rig):
    """TCP data may hold what the modem itself would say."""
    value = "\r\nOK\r\n+CIPRCV:0,5,x\r\n> \r\nERROR\r\n+TCPCLOSED:0\r\nSEND OK\r\n"
    listener = rig.listen("V63")
    with rig.client() as client:
        client.set("V62", value)
        rig.cloud.wait_for("V62", value)
    rig.cloud.update("V63", value)
    listener.wait_for("V63", value)
    assert rig.state() == "ONLINE"
