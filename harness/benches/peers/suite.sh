#!/bin/sh
# Writes 50 scenarios of 20 steps each into the folder `suite`: PING, STATUS with three checks, BOLUS with a kept value.
set -e
cd "$(dirname "$0")"
rm -rf suite
mkdir suite
for k in $(seq -w 0 49); do
    file="suite/s$k.yaml"
    printf 'scenario: s%s\nsummary: Twenty requests.\ndevice: line-dut\ntimeline:\n' "$k" > "$file"
    for i in $(seq 0 19); do
        case $(((${k#0} + i) % 3)) in
            0) printf '  - do: ping\n' ;;
            1) printf '  - do: state\n  - expect: {reply: {rate: 100, battery: 2700 .. 3300, alarms: 0}}\n' ;;
            2) printf '  - do: push\n    with: {n: 50}\n    keep: {last: id}\n  - expect: {reply: {id: $last}}\n' ;;
        esac >> "$file"
    done
done
