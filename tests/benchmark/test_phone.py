"""What phones tell of themselves, and what is made of a hot one."""

import pytest

from benchmark.adb import Answer
from benchmark.phone import cool_down, describe, parse_state
from benchmark.samples import PhoneState

BATTERY = """Current Battery Service state:
  AC powered: false
  USB powered: true
  Wireless powered: false
  Dock powered: false
  Max charging current: 500000
  status: 2
  health: 2
  present: true
  level: 85
  scale: 100
  voltage: 4213
  temperature: 275
  technology: Li-ion
  Capacity level: -1
"""
THERMAL = """IsStatusOverride: false
ThermalEventListeners:
\tcallbacks: 2
Thermal Status: {status}
Cached temperatures:
\tTemperature{{mValue=99.0, mType=0, mName=BIG, mStatus=3}}
HAL Ready: true
HAL connection:
\tThermalHAL AIDL 2  connected: yes
Current temperatures from HAL:
\tTemperature{{mValue=62.500004, mType=0, mName=BIG, mStatus=0}}
\tTemperature{{mValue=23.793081, mType=3, mName=VIRTUAL-SKIN, mStatus=0}}
\tTemperature{{mValue=4200.0, mType=6, mName=vbat, mStatus=0}}
\tTemperature{{mValue=85.0, mType=8, mName=soc, mStatus=0}}
\tTemperature{{mValue=-5700.0, mType=1, mName=broken, mStatus=0}}
Current cooling devices from HAL:
\tCoolingDevice{{mValue=88, mType=2, mName=thermal-cpufreq-0}}
"""


class FakeAdb:
    """Answers each command line that contains a key, in turn; `asked` lists them."""

    serial = "FAKE"

    def __init__(self, answers):
        self._answers = {key: list(value) if isinstance(value, list) else [value] for key, value in answers.items()}
        self.asked = []

    def read(self, command):
        self.asked.append(command)
        for key, answers in self._answers.items():
            if key in command:
                return answers.pop(0) if len(answers) > 1 else answers[0]
        return ""

    def shell(self, command, *, seconds=60):
        return Answer(self.read(command), 0)


def thermal(status):
    return BATTERY + "=== thermalservice ===\n" + THERMAL.format(status=status)


def test_the_state_is_read_with_the_sensors_of_now_and_no_voltages():
    assert parse_state(BATTERY, THERMAL.format(status=2)) == PhoneState(
        85, 27.5, True, 2, pytest.approx(62.5, abs=1e-3)
    )


def test_a_phone_off_the_cable_and_one_before_android_10():
    assert parse_state(BATTERY.replace("USB powered: true", "USB powered: false"), "").charging is False
    state = parse_state(BATTERY, "Can't find service: thermalservice\n")
    assert (state.thermal_status, state.hottest_celsius) == (None, None)
    assert parse_state("", "") == PhoneState()


def test_a_hot_phone_is_waited_for_until_it_is_cool():
    adb, slept = FakeAdb({"dumpsys": [thermal(3), thermal(1), thermal(0)]}), []
    assert cool_down(adb, pause=2.0, limit=60.0, sleep=slept.append).thermal_status == 0
    assert slept == [2.0, 5.0, 5.0]


def test_a_phone_that_stays_hot_is_measured_all_the_same_and_says_so():
    slept = []
    state = cool_down(FakeAdb({"dumpsys": thermal(3)}), pause=2.0, limit=10.0, sleep=slept.append)
    assert state.thermal_status == 3
    assert sum(slept) == pytest.approx(10.0)


def test_a_phone_that_tells_nothing_isn_t_waited_for():
    slept = []
    assert cool_down(FakeAdb({}), pause=1.0, limit=60.0, sleep=slept.append) == PhoneState()
    assert slept == [1.0]


def test_facts_of_a_new_phone_and_of_an_old_one():
    properties = "Google\nPixel 8\nGoogle\nTensor G3\nzuma\narm64-v8a\n15\n35\nAP4A.250105.002"
    answers = {"getprop": properties, "meminfo": "MemTotal:        7850424 kB\nMemFree: 1 kB\n", "nproc": "9\n"}
    machine = describe(FakeAdb(answers), runtime="benchmark_model")
    assert (machine.device, machine.cpu, machine.architecture) == ("Google Pixel 8", "Google Tensor G3", "arm64-v8a")
    assert (machine.cores, machine.memory_mb, machine.serial) == (9, 8038, "FAKE")
    assert machine.os == "Android 15 (API 35, build AP4A.250105.002)"
    assert machine.load_average is None
    old = describe(FakeAdb({"getprop": "LGE\nNexus 5X\n\n\nmsm8992\narm64-v8a\n8.1.0\n27\n"}), runtime="x")
    assert (old.cpu, old.cores, old.memory_mb) == ("msm8992", 1, None)
