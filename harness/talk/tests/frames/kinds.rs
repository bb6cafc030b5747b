//! Kinds of frames as devices have them, with bytes that others computed.

/// A kind of frame.
pub struct Kind {
    pub name: &'static str,
    /// As it stands in a profile, below `frames:`.
    pub frames: &'static str,
    /// What the fields of its header hold.
    pub header: &'static [(&'static str, i128)],
    /// Bodies and their frames.
    pub known: &'static [(&'static [u8], &'static [u8])],
    /// What may stand before a frame.
    pub garbage: &'static [u8],
    /// Any printable text can be its body.
    pub any_body: bool,
}

pub const ALL: &[Kind] = &[
    Kind {
        name: "lines with a check",
        frames: r#"  line: {is: [body, " *", {check: crc-16/ibm-3740, over: body, as: HEX4}, "\n"], also-ends: "\r\n", empty: skip, max: 320}"#,
        header: &[],
        known: &[(b"=2 ok", b"=2 ok *BD06\n"), (b"#1 status", b"#1 status *7039\n")],
        garbage: b"\n\r\n",
        any_body: false,
    },
    Kind {
        name: "begin and end",
        frames: r#"  basic: {is: ["\x02", body, "\x03"], max: 80, gap: 500 ms}"#,
        header: &[],
        known: &[
            (b"00S", b"\x0200S\x03"),
            (b"00I1.650W0.000ML", b"\x0200I1.650W0.000ML\x03"),
        ],
        garbage: b"\xFFz",
        any_body: true,
    },
    Kind {
        // New Era, safe mode: the length counts itself, the text, the check and ETX.
        name: "length and check",
        frames: r#"  safe: {is: ["\x02", {length: u8, of: length..end}, body, {check: crc-16/xmodem, over: body, as: u16be}, "\x03"], max: 80, gap: 500 ms}"#,
        header: &[],
        known: &[(b"123456789", b"\x02\x0D123456789\x31\xC3\x03")],
        garbage: b"z\x02",
        any_body: true,
    },
    Kind {
        name: "a header with a check of 8 bits",
        frames: r#"  f: {is: ["\xAA", {cmd: u8}, {length: u8, of: body}, body, {check: crc-8/smbus, over: cmd..body}], max: 64, gap: 20 ms}"#,
        header: &[("cmd", 0x31)],
        // CRC-8/SMBUS of 31 07 33..39.
        known: &[(b"3456789", b"\xAA\x31\x073456789\xF2")],
        garbage: b"\x00\x01",
        any_body: true,
    },
    Kind {
        name: "SLIP with the check of Modbus",
        frames: r#"  f: {is: ["\xC0", {addr: u8}, {fn: u8}, body, {check: crc-16/modbus, over: addr..body, as: u16le}, "\xC0"], escape: slip, max: 260, gap: 50 ms}"#,
        header: &[("addr", 1), ("fn", 3)],
        // The request for ten registers of many a Modbus text: 01 03 00 00 00 0A C5 CD.
        known: &[(b"\x00\x00\x00\x0A", b"\xC0\x01\x03\x00\x00\x00\x0A\xC5\xCD\xC0")],
        garbage: b"\xC0",
        any_body: true,
    },
    Kind {
        name: "COBS",
        frames: r#"  f: {is: [body, {check: xor-8, over: body}, "\0"], escape: cobs, max: 260}"#,
        header: &[],
        known: &[
            (b"\x11\x22\x00\x33", b"\x03\x11\x22\x02\x33\x01\x00"),
            (b"\x07", b"\x03\x07\x07\x00"),
        ],
        garbage: b"",
        any_body: true,
    },
    Kind {
        // LCUS-1 relay: channel 1 on.
        name: "a size of its own",
        frames: r#"  f: {is: ["\xA0", {channel: u8}, {to: u8}, {check: sum-8, over: start..to}]}"#,
        header: &[("channel", 1), ("to", 1)],
        known: &[(b"", b"\xA0\x01\x01\xA2")],
        garbage: b"\x01\x02",
        any_body: false,
    },
];
