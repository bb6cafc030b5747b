use super::*;
use object::ObjectSection as _;
use object::elf::FileHeader32;
use object::read::elf::ElfFile;
use object::{LittleEndian, Object as _};
use pump_hil_model::value::{MemoryValue, Wanted};

/// Built by `tests/elf/build` from the sources beside it.
const C: &[u8] = include_bytes!("../tests/elf/c.elf");
const RUST: &[u8] = include_bytes!("../tests/elf/rust.elf");

fn image(bytes: &[u8]) -> Image {
    Image::parse(bytes).unwrap()
}

/// Reads memory as it is when the firmware starts.
fn memory(bytes: &'static [u8]) -> impl Fn(u64, &mut [u8]) -> Result<(), String> {
    let file = ElfFile::<FileHeader32<LittleEndian>>::parse(bytes).unwrap();
    move |addr, into| {
        into.fill(0);
        for section in file.sections() {
            if let Ok(Some(data)) = section.data_range(addr, into.len() as u64) {
                into.copy_from_slice(data);
            }
        }
        Ok(())
    }
}

fn read(bytes: &'static [u8], text: &str) -> String {
    match image(bytes).place(text) {
        Ok(place) => place.read(memory(bytes)).unwrap().to_string(),
        Err(error) => format!("error: {error}"),
    }
}

#[track_caller]
fn reads(bytes: &'static [u8], expected: &[(&str, &str)]) {
    for (text, value) in expected {
        assert_eq!(read(bytes, text), *value, "{text}");
    }
}

#[test]
fn what_c_has_in_memory_is_read_by_its_type() {
    reads(
        C,
        &[
            ("DEVICE.mode", "RUNNING"),
            ("DEVICE.latest", "536870972"),
            ("DEVICE.samples[1].value", "-20"),
            ("DEVICE.samples[2].channel", "3"),
            ("DEVICE.samples[0].volts", "1.5"),
            ("DEVICE.samples[2].scale", "0.75"),
            ("DEVICE.raw.word", "16909060"),
            ("DEVICE.raw.bytes[3]", "1"),
            ("DEVICE.ready", "true"),
            ("DEVICE.ticks", "9223372036854775808"),
            ("DEVICE.at.y", "-2"),
            ("DEVICE.grid[0][0]", "1"),
            ("DEVICE.grid[1][2]", "6"),
            ("shapes.c::counter", "7"),
            ("more.c::counter", "8"),
            ("calls", "0"),
            ("shapes.c::step::calls", "0"),
        ],
    );
}

#[test]
fn what_rust_has_in_memory_is_read_by_its_type() {
    reads(
        RUST,
        &[
            ("PUMP.now", "77"),
            ("shapes::pump::PUMP.now.0", "77"),
            ("PUMP.state", "Running"),
            ("PUMP.last", "Stopped"),
            ("PUMP.alarm", "Stall"),
            ("PUMP.alarm.Stall.strokes", "9"),
            ("PUMP.alarm.Code", "none"),
            ("PUMP.in_force", "Some"),
            ("PUMP.in_force.rate", "500"),
            ("PUMP.in_force.dose", "20"),
            ("PUMP.in_force.lockout", "8"),
            ("EMPTY", "none"),
            ("EMPTY.rate", "none"),
            ("PUMP.steps[2].0", "3"),
            ("PUMP.steps[2].1", "-2147483648"),
            ("PUMP.carry", "-3"),
            ("PUMP.ratio", "0.1"),
            ("PUMP.exact", "2.5"),
            ("PUMP.key", "k"),
            ("PUMP.on", "true"),
            ("PUMP.more", "65535"),
            ("pump::COUNT", "3"),
            ("line::COUNT", "4"),
            ("READY", "true"),
            ("LEVEL", "-300"),
            ("LATER.len", "6"),
            ("SHARED", "18446744073709551615"),
        ],
    );
}

#[test]
fn what_cannot_be_read_is_told_with_what_to_do() {
    reads(
        C,
        &[
            (
                "DEVICE",
                "error: `DEVICE` is a `device`, which is more than one value (name one of its fields: `mode`, `latest`, `samples`, `raw`, `ready`, `flag`, `ticks`, `at`, `grid`)",
            ),
            (
                "DEVICE.latest.value",
                "error: `DEVICE.latest` is a pointer, which is not followed (name the variable that it points to)",
            ),
            (
                "DEVICE.flag",
                "error: `DEVICE.flag` is a bit field, which is not read (name its word by the address)",
            ),
            (
                "DEVICE.samples",
                "error: `DEVICE.samples` is an array of 3 (name an element: `DEVICE.samples[0]`)",
            ),
            (
                "DEVICE.samples[3].value",
                "error: `DEVICE.samples` has no element [3]: its last is [2]",
            ),
            (
                "DEVICE.grid[0]",
                "error: `DEVICE.grid[0]` is an array of 3 (name an element: `DEVICE.grid[0][0]`)",
            ),
            (
                "DEVICE.raedy",
                "error: `DEVICE`, of type `device`, has no field `raedy` (did you mean `ready`?)",
            ),
            (
                "DEVICE.mode.x",
                "error: `DEVICE.mode`, of type `mode_t`, has no field `x` (known here: `IDLE`, `RUNNING`, `FAULT`)",
            ),
            (
                "DEVICE.mode[1]",
                "error: `DEVICE.mode`, of type `mode_t`, is not an array",
            ),
            (
                "DEVICES.mode",
                "error: the firmware has no variable `DEVICES` (did you mean `DEVICE`?)",
            ),
            (
                "counter",
                "error: `counter` names 2 variables of the firmware (write more of the path: `more.c::counter` at 0x20000090, `shapes.c::counter` at 0x20000000)",
            ),
            (
                "LIMIT",
                "error: `LIMIT` cannot be used: the compiler made a constant of it; make it volatile or an atomic to have it in memory",
            ),
            (
                "gone",
                "error: `gone` cannot be used: the compiler optimised it away; mark it `#[used]` (in C `volatile`), or name what it is a copy of",
            ),
            (
                "local",
                "error: `local` cannot be used: it lives in a register or on the stack of its function; only a static variable can be named",
            ),
            (
                "DEVICE.samples[one]",
                "error: `DEVICE.samples[one]` has an index that is not a number (write it as `PUMP.state.total` or `queue[3].length`)",
            ),
        ],
    );
}

#[test]
fn a_file_without_debug_information_is_told_how_to_have_it() {
    let no_debug = image(&elf()).place("PUMP.state").unwrap_err();
    assert!(
        no_debug
            .to_string()
            .starts_with("the firmware has no debug information (build it with"),
        "{no_debug}"
    );
}

#[test]
fn code_is_found_by_function_and_by_line() {
    let (c, rust) = (image(C), image(RUST));
    assert_eq!((c.code("step"), c.code("shapes.c:25")), (Ok(0x1000), Ok(0x1000)));
    assert_eq!((rust.code("Pump::step"), rust.code("_start")), (Ok(0x2008), Ok(0x2024)));
    for (name, why) in [
        (
            "twice",
            "`twice` cannot be used: every call of it was inlined, so that it has no code of its own; mark it `#[inline(never)]`",
        ),
        ("stop", "the firmware has no function `stop` (did you mean `step`?)"),
        (
            "shapes.c:1",
            "no code of the firmware begins at `shapes.c:1` (name a line with a statement that the compiler kept, or a function)",
        ),
        ("shape.c:1", "no file of the firmware is called `shape.c`"),
    ] {
        assert_eq!(c.code(name).unwrap_err().to_string(), why);
    }
}

/// What is written to a place, byte by byte, or why not.
fn written(text: &str, value: &str) -> String {
    let bytes = if text.starts_with("DEVICE") { C } else { RUST };
    match image(bytes).place(text).unwrap().bytes_of(&MemoryValue::written(value)) {
        Ok(all) => format!("{all:x?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_written_is_held_to_the_type() {
    for (text, value, expected) in [
        ("DEVICE.mode", "FAULT", "[(20000020, [ff, ff, ff, ff])]"),
        (
            "DEVICE.mode",
            "RUNING",
            "`DEVICE.mode`, a `mode_t`, is never `RUNING` (did you mean `RUNNING`?)",
        ),
        (
            "DEVICE.mode",
            "5",
            "`DEVICE.mode`, a `mode_t`, cannot be `5`: it takes `IDLE`, `RUNNING`, `FAULT`",
        ),
        ("DEVICE.samples[0].volts", "2.5", "[(20000030, [0, 0, 20, 40])]"),
        ("DEVICE.at.x", "-32768", "[(20000074, [0, 80])]"),
        (
            "DEVICE.at.x",
            "32768",
            "`DEVICE.at.x`, a `short int`, cannot be `32768`: it takes whole numbers from -32768 to 32767",
        ),
        (
            "DEVICE.raw.bytes[0]",
            "256",
            "`DEVICE.raw.bytes[0]`, a `u8`, cannot be `256`: it takes whole numbers from 0 to 255",
        ),
        (
            "DEVICE.raw.bytes[0]",
            "1.5",
            "`DEVICE.raw.bytes[0]`, a `u8`, cannot be `1.5`: it takes whole numbers from 0 to 255",
        ),
        (
            "DEVICE.ready",
            "1",
            "`DEVICE.ready`, a `_Bool`, cannot be `1`: it takes `true` or `false`",
        ),
        ("READY", "false", "[(20000012, [0])]"),
        (
            "SHARED",
            "0xffff_ffff_ffff_fffe",
            "[(20000000, [fe, ff, ff, ff, ff, ff, ff, ff])]",
        ),
        // An `Option` takes what it holds, and `none`.
        ("PUMP.in_force.dose", "7", "[(20000052, [7, 0]), (20000050, [1, 0])]"),
        ("PUMP.in_force.dose", "none", "[(20000050, [0, 0])]"),
        ("PUMP.in_force.lockout", "9", "[(20000058, [9, 0, 0, 0])]"),
        // Its number on the way is not touched.
        ("PUMP.in_force.rate", "9", "[(20000054, [9, 0, 0, 0])]"),
        (
            "PUMP.in_force.rate",
            "none",
            "`PUMP.in_force.rate`, a `u32`, cannot be `none`: it takes whole numbers from 0 to 4294967295",
        ),
        (
            "PUMP.in_force",
            "Some",
            "`Some` cannot be written to `PUMP.in_force`: it has no number of its own",
        ),
        (
            "PUMP.key",
            "ab",
            "`PUMP.key`, a `char`, cannot be `ab`: it takes one character",
        ),
    ] {
        assert_eq!(written(text, value), expected, "{text}: {value}");
    }
    let there = |text: &str| image(RUST).place(text).unwrap().is_there(memory(RUST)).unwrap();
    assert!(there("PUMP.in_force.rate") && !there("EMPTY.rate"));
}

#[test]
fn what_can_never_be_said_of_a_place_is_told() {
    for (text, wanted, why) in [
        ("DEVICE.mode", "RUNING", Some("is never `RUNING`")),
        ("DEVICE.mode", ">= 3", Some("is no number that could be compared")),
        ("DEVICE.mode", "!= IDLE", None),
        ("DEVICE.raw.bytes[0]", "300", Some("takes whole numbers from 0 to 255")),
        ("DEVICE.raw.bytes[0]", "1 .. 5", None),
        ("PUMP.in_force.rate", "none", None),
        ("PUMP.steps[0].0", "none", Some("cannot be `none`")),
        ("EMPTY", "none", None),
    ] {
        let bytes = if text.starts_with("DEVICE") { C } else { RUST };
        let came = image(bytes)
            .place(text)
            .unwrap()
            .can_be(&Wanted::parse(wanted).unwrap());
        match (came, why) {
            (Ok(()), None) => {}
            (Err(error), Some(why)) => assert!(error.to_string().contains(why), "{error}"),
            other => panic!("{text} {wanted}: {other:?}"),
        }
    }
}

/// Asks everything of an image that may be no image at all.
fn ask_everything(bytes: Vec<u8>) {
    let Ok(image) = Image::parse(bytes) else { return };
    let texts = [
        "DEVICE.samples[1].value",
        "DEVICE.grid[1][2]",
        "DEVICE.mode",
        "PUMP.in_force.dose",
        "PUMP.alarm",
        "SHARED",
        "LATER.len",
        "PUMP.steps[2].1",
    ];
    for text in texts {
        if let Ok(place) = image.place(text) {
            let _ = place.read(|_, into| -> Result<(), ()> {
                into.fill(0xA5);
                Ok(())
            });
            let _ = place.bytes_of(&MemoryValue::Unsigned(1));
        }
    }
    for name in ["step", "Pump::step", "shapes.c:25", "main.rs:57"] {
        let _ = image.code(name);
    }
}

const SYMBOL_TABLE: u32 = 2;
const FUNCTION: u8 = 2;
const OBJECT: u8 = 1;

/// A file with a symbol table and its names, and nothing else.
fn elf() -> Vec<u8> {
    let names = b"\0PUMP_HIL_BLOCK\0pump_step\0";
    let mut table = vec![0; 16];
    for (name, value, kind) in [(1_u32, 0x2000_0400_u32, OBJECT), (16, 0x1001, FUNCTION)] {
        table.extend(name.to_le_bytes());
        table.extend(value.to_le_bytes());
        table.extend([8, 0, 0, 0]);
        // In a section of its own: SHN_ABS.
        table.extend([kind, 0, 0xF1, 0xFF]);
    }
    let (table_at, names_at) = (0x34, 0x34 + table.len());
    let sections_at = (names_at + names.len()).next_multiple_of(4);
    let mut file = vec![0; 0x34];
    file[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
    file[0x10] = 2;
    file[0x12] = 40;
    file[0x14] = 1;
    file[0x20..0x24].copy_from_slice(&u32::try_from(sections_at).unwrap().to_le_bytes());
    file[0x28] = 0x34;
    file[0x2E..0x34].copy_from_slice(&[40, 0, 3, 0, 2, 0]);
    file.extend(&table);
    file.extend(names);
    file.resize(sections_at, 0);
    for (kind, at, len, link, entry) in [
        (0, 0, 0, 0_u32, 0),
        (SYMBOL_TABLE, table_at, table.len(), 2, 16),
        (3, names_at, names.len(), 0, 0),
    ] {
        let mut header = vec![0; 40];
        header[4..8].copy_from_slice(&kind.to_le_bytes());
        header[0x10..0x14].copy_from_slice(&u32::try_from(at).unwrap().to_le_bytes());
        header[0x14..0x18].copy_from_slice(&u32::try_from(len).unwrap().to_le_bytes());
        header[0x18..0x1C].copy_from_slice(&link.to_le_bytes());
        header[0x24] = entry;
        file.extend(header);
    }
    file
}

#[test]
fn objects_and_functions_are_found_by_name() {
    let image = Image::parse(elf()).unwrap();
    let addr = |name| image.symbol(name).map(|symbol| symbol.addr);
    assert_eq!(image.symbols().count(), 2);
    assert_eq!(
        (addr("PUMP_HIL_BLOCK"), addr("pump_step")),
        (Some(0x2000_0400), Some(0x1000))
    );
    assert_eq!(addr("pump_stop"), None);
}

#[test]
fn a_file_cut_off_anywhere_is_told_and_breaks_nothing() {
    let whole = elf();
    for len in 0..whole.len() {
        assert!(Image::parse(&whole[..len]).is_err(), "cut at {len}");
    }
}

#[test]
fn a_file_with_any_byte_spoilt_breaks_nothing() {
    let whole = elf();
    for at in 0..whole.len() {
        let mut spoilt = whole.clone();
        spoilt[at] = 0xFF;
        ask_everything(spoilt);
    }
}

#[test]
fn what_is_no_firmware_and_what_was_stripped_are_told() {
    assert_eq!(Image::parse(*b"#!/bin/sh").err(), Some(ImageError::Kind));
    let mut stripped = elf();
    let at = stripped.len() - 80 + 4;
    stripped[at] = 1;
    assert_eq!(Image::parse(stripped).err(), Some(ImageError::Stripped));
}
