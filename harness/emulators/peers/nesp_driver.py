"""nesp-lib drives the syringe pump at the port that is given, and says line by line what it saw."""

import sys

from nesp_lib import AlarmStatus, Port, Pump, PumpingDirection, StatusAlarmException, Status


def say(*words):
    print(*words, flush=True)


def one_dose(pump):
    pump.syringe_diameter_mm = 26.59
    pump.pumping_direction = PumpingDirection.INFUSE
    pump.pumping_volume_ml = 0.25
    pump.pumping_rate_ml_per_min = 2.5
    say("set", pump.syringe_diameter_mm, pump.pumping_volume_ml, pump.pumping_rate_ml_per_min)
    pump.run()
    say("given", pump.volume_infused_ml, pump.volume_withdrawn_ml, pump.status.name)
    pump.volume_infused_clear()
    say("cleared", pump.volume_infused_ml)


def stopped(pump):
    pump.pumping_volume_ml = 5.0
    pump.run(False)
    say("running", pump.running, pump.status is Status.INFUSING)
    pump.stop()
    say("stopped", pump.running, pump.status.name, pump.volume_infused_ml < 5.0)
    try:
        pump.pumping_rate_ml_per_min = 100.0
    except ValueError:
        say("out of range")


def alarm(pump):
    pump.pumping_volume_ml = 5.0
    pump.pumping_rate_ml_per_min = 25.0
    try:
        pump.run()
    except StatusAlarmException as exception:
        say("alarm", exception.alarm_status.name, exception.alarm_status is AlarmStatus.STALLED)
    say("after", pump.status.name, pump.volume_infused_ml)


def safe(port):
    pump = Pump(port, safe_mode_timeout_s=100)
    say("safe", pump.safe_mode_timeout_s, pump.status.name)
    pump.safe_mode_timeout_s = 0
    say("basic", pump.safe_mode_timeout_s)


with Port(sys.argv[1]) as port:
    pump = Pump(port, model_number=1000)
    say("model", pump.model_number, *pump.firmware_version, pump.address)
    for part in sys.argv[2:]:
        if part == "safe":
            safe(port)
        else:
            {"one-dose": one_dose, "stopped": stopped, "alarm": alarm}[part](pump)
