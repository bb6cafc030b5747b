//! No bytes, and no misbehaviour, bring a device down: what falls is the harness's to fall.

use crate::bench::Bench;

const DEVICES: &[&str] = &[
    "syringe",
    "binary",
    "console",
    "slip-registers",
    "modbus-rtu",
    "json-lines",
    "drip",
    "two-pumps",
];

/// Pieces of what they understand, so that nonsense gets further than the first byte.
const PIECES: &[&[u8]] = &[
    b"\r",
    b"\n",
    b"\x02",
    b"\x03",
    b"\x02\x08SAF0\x55\x43\x03",
    b"00",
    b"1",
    b"*",
    b"RUN",
    b"VOL",
    b"RAT",
    b"MH",
    b"99.99",
    b"9999",
    b"DIS",
    b"STP",
    b"PUR",
    b"SAF",
    b"ADR",
    b"\xAA\x01\x00\x15",
    b"\xAA\x12\x04\x00\x00\x13\x88\x9A",
    b"\xAA",
    b"\x00",
    b"\xFF",
    b"STAT\r",
    b"RUN\r",
    b"BOL ",
    b"BACK ",
    b"DUMP\r",
    b"RST\r",
    b"!",
    b"\xC0",
    b"\xDB",
    b"\xC0\x01\x03\x01\x00\x00\x03\x04\x37\xC0",
    b"{\"id\":",
    b"\"do\":\"start\"",
    b"\"ul_per_h\":",
    b"1e300",
    b"18446744073709551615",
    b"}",
    b",",
    b"{\"id\":1,\"do\":\"start\",\"ul_per_h\":18446744073709.551}\n",
    b"G",
    b"V",
    b".",
    b"-",
];

/// The same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below
    }
}

#[test]
fn every_device_survives_nonsense_and_answers_no_more_than_it_can() {
    for (seed, device) in (1..).zip(DEVICES) {
        for misbehave in [
            "late:1",
            "flip:1",
            "drop-byte:1",
            "twice:1",
            "runs-fast:18446744073709551",
            "stalls-at:1",
        ] {
            let mut numbers = Numbers(seed);
            let mut bench = Bench::new(&[device, "--misbehave", misbehave]);
            for _ in 0..2_000 {
                let said = match numbers.next(8) {
                    0 => bench.after(u64::try_from(numbers.next(2_000_000)).unwrap()),
                    1 => bench.ask(&[u8::try_from(numbers.next(256)).unwrap()]),
                    _ => bench.ask(PIECES[numbers.next(PIECES.len())]),
                };
                assert!(said.len() < 10_000, "{device} {misbehave}: {}", said.len());
            }
        }
    }
}

#[test]
fn each_pump_that_lies_tells_the_other_state() {
    let asked: [(&str, &[u8], &[u8]); 6] = [
        ("syringe", b"\r", b"00I"),
        ("two-pumps", b"1\r", b"01I"),
        ("binary", b"\xAA\x01\x00\x15", b"\xAA\x81\x05\x01"),
        ("console", b"\r", b">"),
        (
            "slip-registers",
            b"\xC0\x01\x03\x01\x00\x00\x03\x04\x37\xC0",
            b"\x03\x06\x00\x01",
        ),
        (
            "json-lines",
            b"{\"id\":1,\"do\":\"status\"}\n",
            b"\"state\":\"running\"",
        ),
    ];
    for (device, asked, told) in asked {
        let holds = |said: &[u8]| said.windows(told.len()).any(|part| part == told);
        assert!(
            holds(&Bench::new(&[device, "--misbehave", "lies-state"]).ask(asked)),
            "{device}"
        );
        assert!(!holds(&Bench::new(&[device]).ask(asked)), "{device}");
    }
}
