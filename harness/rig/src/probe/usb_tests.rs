//! Which probe is taken, and what is told where none can be.

use super::idle::Idle;
use super::virtual_usb::{Mute, Plug, usb};
use super::{ProbeError, Selector, UsbAt};

const MICROBIT: &str = "0d28:0204:9900";

fn at(chip: &str, selector: Option<&str>) -> UsbAt {
    UsbAt {
        chip: chip.to_owned(),
        selector: selector.map(|text| text.parse().expect("a selector")),
        speed_khz: Some(1_000),
    }
}

/// What is told where an nRF51822 is wanted.
fn refused(plugs: &[Plug], selector: Option<&str>) -> String {
    told(plugs, &at("nRF51822_xxAA", selector))
}

fn told(plugs: &[Plug], at: &UsbAt) -> String {
    match usb(plugs).attach(at) {
        Err(ProbeError::Usb(error)) => error.to_string(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it attaches"),
    }
}

fn nrf51(which: &str) -> Plug {
    Plug::new(which, Mute::nrf51)
}

#[test]
fn the_one_that_is_meant_is_taken_with_or_without_a_selector() {
    for selector in [None, Some("0d28:0204"), Some(MICROBIT)] {
        let (_, which) = usb(&[nrf51(MICROBIT)])
            .attach(&at("nRF51822_xxAA", selector))
            .expect("attached");
        assert_eq!(which.to_string(), MICROBIT);
    }
    let both = [nrf51("1366:1051:0007"), nrf51(MICROBIT)];
    let (_, which) = usb(&both)
        .attach(&at("nRF51822_xxAA", Some("0d28:0204")))
        .expect("attached");
    assert_eq!(which.to_string(), MICROBIT);
}

#[test]
fn no_probe_at_all_is_a_matter_of_the_cable() {
    let told = "no debug probe on USB; is the board plugged in, with a cable that carries data?";
    assert_eq!(refused(&[], None), told);
    assert_eq!(refused(&[], Some("0d28:0204")), told);
}

#[test]
fn a_selector_that_fits_none_is_told_with_those_that_are_there() {
    assert_eq!(
        refused(&[nrf51("1366:1051:0007"), nrf51("0d28:0204:8800")], Some(MICROBIT)),
        "no debug probe is 0d28:0204:9900; there is: 1366:1051:0007, 0d28:0204:8800; correct `selector` in the rig file, or plug that one in"
    );
}

#[test]
fn two_that_fit_are_told_and_neither_is_touched() {
    let opened = || -> Idle<Mute> { panic!("a probe that may be the wrong one was opened") };
    let both = [Plug::new(MICROBIT, opened), Plug::new("0d28:0204:8800", opened)];
    for selector in [None, Some("0d28:0204")] {
        assert_eq!(
            refused(&both, selector),
            "2 debug probes could be meant: 0d28:0204:9900, 0d28:0204:8800; say which in the rig file, as `selector: \"0d28:0204:9900\"`"
        );
    }
}

#[test]
fn a_probe_that_this_user_may_not_open_is_told_with_the_udev_rule() {
    // By its device file, or by what the system says when it is opened.
    for plug in [Plug::forbidden(MICROBIT), Plug::closed(MICROBIT, 13)] {
        let told = refused(&[plug], None);
        assert!(
            told.starts_with("debug probe 0d28:0204:9900: this user may not open it"),
            "{told}"
        );
        assert!(told.contains("fixtures/udev/70-pump-hil.rules"), "{told}");
    }
}

#[test]
fn a_probe_that_another_program_holds_is_told() {
    let told = refused(&[Plug::closed(MICROBIT, 16)], None);
    assert!(told.contains("does not open") && told.contains("busy"), "{told}");
    assert!(told.contains("does another program"), "{told}");
}

#[test]
fn a_board_without_power_is_told() {
    let told = refused(&[Plug::new(MICROBIT, Mute::dead)], None);
    assert!(
        told.starts_with("debug probe 0d28:0204:9900 reaches no nRF51822_xxAA: "),
        "{told}"
    );
    assert!(
        told.contains("did not acknowledge") && told.contains("has the board power"),
        "{told}"
    );
}

#[test]
fn another_chip_than_the_named_one_is_told_by_its_own_name() {
    let told = refused(&[Plug::new(MICROBIT, Mute::nrf52840)], None);
    assert_eq!(
        told,
        "debug probe 0d28:0204:9900 is wired to a chip with a Cortex-M4 (nRF52840_xxAA), and the rig file says `chip: nRF51822_xxAA`; nothing was written to it"
    );
    // The other way round it looks like a locked chip at first.
    let told = self::told(&[nrf51("1366:1051:7")], &at("nRF52840_xxAA", None));
    assert!(
        told.contains("wired to a chip with a Cortex-M0 (nRF51822_xxAA)"),
        "{told}"
    );
    // The same core, and less memory.
    let told = self::told(&[Plug::new("1366:1051:7", Mute::nrf52832)], &at("nRF52840_xxAA", None));
    assert!(told.contains("is wired to nRF52832_xxAA, and"), "{told}");
}

#[test]
fn a_locked_chip_is_told_and_stays_locked() {
    let told = self::told(&[Plug::new("1366:1051:7", Mute::nrf52840)], &at("nRF52840_xxAA", None));
    assert!(told.contains("the nRF52840_xxAA is locked against debuggers"), "{told}");
    assert!(told.contains("erases all that is in it"), "{told}");
}

#[test]
fn a_chip_that_says_nothing_of_itself_is_held_to_its_core_only() {
    let silent = || Mute::new(&[(0xE000_ED00, 0x410C_C200)]);
    assert!(
        usb(&[Plug::new(MICROBIT, silent)])
            .attach(&at("nRF51822_xxAA", None))
            .is_ok()
    );
    let told = self::told(&[Plug::new(MICROBIT, silent)], &at("STM32F407VGTx", None));
    assert!(told.contains("wired to a chip with a Cortex-M0, and"), "{told}");
}

#[test]
fn an_nrf51_that_is_protected_against_reading_is_told() {
    let plug = |conf: u32| {
        Plug::new(MICROBIT, move || {
            Mute::new(&[(0xE000_ED00, 0x410C_C200), (0x1000_1004, conf)])
        })
    };
    let expected = "debug probe 0d28:0204:9900: the nRF51822_xxAA is locked against debuggers; to unlock it erases all that is in it";
    // It may say so, or read as zeros altogether.
    for conf in [0xFFFF_00FF, 0] {
        let told = refused(&[plug(conf)], None);
        assert!(told.starts_with(expected), "{told}");
    }
    assert!(usb(&[plug(u32::MAX)]).attach(&at("nRF51822_xxAA", None)).is_ok());
}

#[test]
fn a_selector_is_read_as_it_is_written() {
    for text in ["0d28:0204", "0D28:0204:9900000031864e45", "1366:1051:a:b"] {
        let selector: Selector = text.parse().expect("a selector");
        assert_eq!(selector.to_string().to_lowercase(), text.to_lowercase());
    }
    for text in ["", "0d28", "0d28:", "0d28:0204:", "d28:204", "zzzz:0204", "0d280204"] {
        let told = text.parse::<Selector>().expect_err("no selector");
        assert!(told.contains("write `VID:PID`"), "{told}");
    }
}
