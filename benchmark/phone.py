"""What a phone tells of itself: facts that stay, and how warm and charged it is right now."""

import re
import time
from collections.abc import Callable

from benchmark.adb import Adb
from benchmark.machine import Machine
from benchmark.samples import PhoneState

HOT = 1  # Android's thermal status: from "light" on the system throttles
_DIVIDER = "=== thermalservice ==="
_CELSIUS_TYPES = {0, 1, 2, 3, 4, 5, 9}  # android.os.Temperature; 6 to 8 are voltages and shares
COOLING_STEP = 5.0  # seconds between two looks at a hot phone

_PROPERTIES = {
    "maker": "ro.product.manufacturer",
    "model": "ro.product.model",
    "chip_maker": "ro.soc.manufacturer",  # from Android 12 on
    "chip": "ro.soc.model",
    "board": "ro.board.platform",
    "abi": "ro.product.cpu.abi",
    "release": "ro.build.version.release",
    "api": "ro.build.version.sdk",
    "build": "ro.build.id",
}


def describe(adb: Adb, *, runtime: str) -> Machine:
    """The phone's facts as a `Machine`; `runtime` says what runs the models there."""
    names = " ".join(_PROPERTIES.values())
    # One line each, an empty one where the phone has no such property or no getprop at all.
    values = adb.read(f'for name in {names}; do echo "$(getprop $name 2>/dev/null)"; done').split("\n")
    facts = dict(zip(_PROPERTIES, (value.strip() for value in values), strict=False))
    kilobytes = re.search(r"MemTotal:\s*(\d+) kB", adb.read("cat /proc/meminfo"))
    cores = adb.read("nproc").strip()
    chip = " ".join(filter(None, (facts.get("chip_maker"), facts.get("chip") or facts.get("board"))))
    build = f", build {facts['build']}" if facts.get("build") else ""
    return Machine(
        cpu=chip or "unknown chip",
        architecture=facts.get("abi") or adb.read("uname -m").strip() or "unknown",
        cores=int(cores) if cores.isdecimal() else 1,
        memory_mb=int(kilobytes[1]) * 1024 // 1_000_000 if kilobytes else None,
        os=f"Android {facts['release']} (API {facts['api']}{build})" if facts.get("release") else _kernel(adb),
        python="",
        litert=runtime,
        load_average=None,  # Android counts waiting for the disk and for wake-ups too: it would always look busy
        device=" ".join(filter(None, (facts.get("maker"), facts.get("model")))) or "phone",
        serial=adb.serial,
    )


def state(adb: Adb) -> PhoneState:
    """How warm and charged the phone is now."""
    # One command: each takes a while, and none is read while a model runs.
    text = adb.read(f"dumpsys battery; echo '{_DIVIDER}'; dumpsys thermalservice; true")
    battery, _, thermal = text.partition(_DIVIDER)
    return parse_state(battery, thermal)


def parse_state(battery: str, thermal: str) -> PhoneState:
    """Reads what `dumpsys battery` and, from Android 10 on, `dumpsys thermalservice` print; either may be empty.

    Formats: AOSP's BatteryService.dumpInternal (temperature in tenths of a degree) and
    ThermalManagerService.dumpInternal with android.os.Temperature.toString.
    """
    percent = re.search(r"^\s*level: (\d+)", battery, re.M)
    tenths = re.search(r"^\s*temperature: (-?\d+)", battery, re.M)
    powered = re.findall(r"^\s*(?:AC|USB|Wireless|Dock) powered: (true|false)", battery, re.M)
    status = re.search(r"^\s*Thermal Status: (\d+)", thermal, re.M)
    # Cached ones may be hours old; those from the HAL are asked for now.
    fresh = thermal.partition("Current temperatures from HAL")[2].partition("Current cooling devices")[0]
    sensors = re.findall(r"Temperature\{mValue=(-?[\d.]+(?:E-?\d+)?), mType=(-?\d+)", fresh)
    degrees = [float(value) for value, kind in sensors if int(kind) in _CELSIUS_TYPES and -40 < float(value) < 150]
    return PhoneState(
        battery_percent=int(percent[1]) if percent else None,
        battery_celsius=int(tenths[1]) / 10 if tenths else None,
        charging="true" in powered if powered else None,
        thermal_status=int(status[1]) if status else None,
        hottest_celsius=max(degrees, default=None),
    )


def cool_down(adb: Adb, *, pause: float, limit: float, sleep: Callable[[float], None] = time.sleep) -> PhoneState:
    """Waits `pause` seconds, then on until Android reports no throttling, `limit` seconds in all at most.

    Returns the state in which the phone is then, hot or not.
    """
    sleep(pause)
    waited, now = pause, state(adb)
    while (now.thermal_status or 0) >= HOT and waited < limit:
        step = min(COOLING_STEP, limit - waited)
        sleep(step)
        waited, now = waited + step, state(adb)
    return now


def _kernel(adb: Adb) -> str:
    return adb.read("uname -sr").strip() or "unknown system"
