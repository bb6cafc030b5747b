"""mettler_toledo_device reads the balance at the port that is given, and says line by line what it saw."""

import sys

from mettler_toledo_device import MettlerToledoDevice

balance = MettlerToledoDevice(port=sys.argv[1], timeout=1.0)
print("serial", balance.get_serial_number(), *balance.get_balance_data())
print("weight", balance.get_weight(), balance.get_weight_stable())
print("zero", balance.zero_stable(), balance.get_weight(), balance.zero())
