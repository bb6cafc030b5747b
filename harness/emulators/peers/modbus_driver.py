"""minimalmodbus drives the Modbus pump at the port that is given, and says line by line what it saw."""

import sys
import time

import minimalmodbus

pump = minimalmodbus.Instrument(sys.argv[1], 1)
pump.serial.baudrate = 9600
pump.serial.timeout = 2


def refused(attempt):
    try:
        attempt()
        print("carried out")
    except minimalmodbus.SlaveReportedException as exception:
        print(type(exception).__name__, exception)


print("version", pump.read_register(8, functioncode=4))
pump.write_registers(1, [1200, 100])
print("set", pump.read_registers(0, 3))
refused(lambda: pump.write_register(1, 0, functioncode=6))
refused(lambda: pump.read_register(0x4A1))
refused(lambda: pump.read_bit(0))
pump.write_register(0, 1, functioncode=6)
print("running", pump.read_register(0, functioncode=4))
refused(lambda: pump.write_register(2, 5, functioncode=6))
while pump.read_register(0, functioncode=4):
    time.sleep(0.01)
print("given", pump.read_long(1, functioncode=4), "nL")
