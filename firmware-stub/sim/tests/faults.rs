//! Every fault of the test block, switched on by memory writes: in effect, read back, cleared; and what the pump makes of it.

mod common;

use common::{DAY, HOUR, Host, MINUTE, SECOND, body, request};
use stub_sim::{BLOCK_ADDR, Machine, MachineSettings};

fn running() -> Host {
    let mut host = Host::new();
    host.start(500_000);
    host.run(10 * MINUTE);
    let _ = host.lines();
    host
}

#[test]
fn every_fault_can_be_switched_on_confirmed_and_cleared() {
    // Slot and parameter; a fault that takes the supply or the main loop away still answers by memory.
    let params = [
        (0, 0),
        (1, 50),
        (2, 24),
        (3, 0),
        (4, 30),
        (5, 0),
        (6, 2),
        (7, 10),
        (8, 20),
        (9, 20),
        (10, 0),
        (11, 0),
        (12, 2_500),
        (13, 20),
        (14, 200),
        (15, 0),
        (16, 5_000_000),
        (17, 0),
        (18, 0),
        (19, 700),
        (20, 17),
        (21, 0),
        (22, 60_000),
        (23, 0),
        (24, 50),
        (25, 50),
        (26, 10),
        (27, 41_000),
        (28, 1_000),
        (29, 50),
    ];
    for (slot, param) in params {
        let mut host = running();
        assert_eq!(host.effect(slot).0, 0, "slot {slot}");
        host.fault(slot, param);
        assert_ne!(host.effect(slot).0, 0, "slot {slot} is not in effect");
        assert_eq!(host.word(0x80 + slot * 16), 1, "slot {slot}");
        assert_eq!(host.word(0x84 + slot * 16).cast_signed(), param, "slot {slot}");
        host.clear(slot);
        assert_eq!(host.effect(slot).0, 0, "slot {slot} is still in effect");
        assert_eq!(host.word(0x80 + slot * 16), 0, "slot {slot}");
    }
}

#[test]
fn an_occlusion_stops_the_pump_and_what_comes_after_it_is_bounded() {
    let mut host = running();
    host.fault(0, 0);
    let (alarm, took_ms) = host.until("alarm id=occlusion", 20 * MINUTE);
    assert!(alarm.contains("priority=critical") && took_ms > MINUTE, "{took_ms}");
    assert!(host.ok("status").contains("state=stopped"));
    let before = host.long(0x48);
    host.clear(0);
    host.run(HOUR);
    let after_bolus = host.long(0x48) - before;
    assert!((500..10_000).contains(&after_bolus), "{after_bolus}");
}

#[test]
fn a_disconnection_is_told_from_an_occlusion_and_its_volume_is_lost() {
    let mut host = running();
    host.fault(3, 0);
    host.until("alarm id=catheter-disconnection", HOUR);
    assert!(host.word(0x7C) >= 1_000);
    assert_eq!(host.word(0x60), 0);
}

#[test]
fn a_creeping_occlusion_is_noticed_before_it_is_an_occlusion() {
    let mut host = running();
    host.fault(2, 240);
    let (first, _) = host.until(" alarm id=", 240 * HOUR);
    assert!(first.contains("pressure-creep"), "{first}");
}

#[test]
fn a_stall_is_found_by_its_missing_edges() {
    let mut host = running();
    host.fault(6, 0);
    host.until(" stall ", 10 * MINUTE);
    host.until("alarm id=motor-stall", 30 * MINUTE);
    assert!(host.effect(6).1 >= 3);
    assert!(host.long(0x38) * 4 > host.long(0x40));
}

#[test]
fn over_delivery_shows_in_the_plant_and_not_in_the_pumps_own_count() {
    let mut host = running();
    host.fault(8, 20);
    let (counted, delivered) = (host.long(0x38) * 500, host.long(0x48));
    host.run(DAY);
    let (counted, delivered) = (host.long(0x38) * 500 - counted, host.long(0x48) - delivered);
    assert!(delivered.abs_diff(counted * 120 / 100) < 1_000, "{counted} {delivered}");
    assert!(host.ok("status").contains("alarms=none"));
}

#[test]
fn a_magnet_is_an_event_at_once_when_it_comes_and_when_it_goes() {
    let mut host = running();
    host.fault(10, 0);
    assert_eq!(host.until("magnet is=on", SECOND).1, 0);
    host.run(HOUR);
    host.clear(10);
    assert_eq!(host.until("magnet is=off", SECOND).1, 0);
    assert!(host.effect(10).1 > 0);
}

#[test]
fn a_film_on_the_battery_ends_in_a_brown_out_and_a_safe_state() {
    let mut host = running();
    host.fault(13, 400);
    let (boot, _) = host.until("boot reason=brown-out", 10 * MINUTE);
    assert!(boot.starts_with('!'));
    host.until("alarm id=battery-reset", MINUTE);
    assert_eq!(host.word(0x78), 2);
    assert!(host.word(0x74) >= 1);
    host.clear(13);
    host.run(MINUTE);
    assert!(host.ok("status").contains("state=minimum-rate"));
}

#[test]
fn a_supply_dip_takes_the_pump_down_for_as_long_as_it_lasts() {
    let mut host = running();
    let at_ms = host.machine.now().0;
    host.fault(14, 700);
    host.send(request(700, "status").as_bytes());
    assert!(host.lines().is_empty());
    let (boot, took_ms) = host.until("boot reason=brown-out", MINUTE);
    assert_eq!(took_ms, 700);
    assert!(boot.contains(&format!("t={}ms", at_ms + 700)), "{boot}");
    assert_eq!(host.effect(14).1, 1);
}

#[test]
fn a_depleted_battery_keeps_the_pump_down_until_it_is_back() {
    let mut host = running();
    host.fault(15, 0);
    host.run(DAY);
    assert!(host.lines().is_empty());
    let delivered = host.long(0x48);
    host.clear(15);
    host.until("boot reason=brown-out", SECOND);
    assert!(delivered < 10_000, "{delivered}");
}

#[test]
fn a_reservoir_that_runs_dry_unnoticed_by_the_count_is_found_by_its_pressure() {
    let mut host = running();
    host.fault(16, 2_000);
    host.until("alarm id=reservoir-empty", HOUR);
    assert_eq!(host.long(0x58), 0);
}

#[test]
fn a_pocket_fill_leaves_nothing_to_deliver() {
    let mut host = running();
    host.fault(17, 0);
    let left = host.long(0x58);
    host.ok(&format!("refill removed={left}nl added=20000000nl"));
    assert_eq!((host.long(0x58), host.effect(17).1), (0, 1));
    host.until("alarm id=reservoir-empty", HOUR);
}

#[test]
fn a_bit_that_flips_in_one_copy_is_repaired_and_told() {
    for bit in [3, 200] {
        let mut host = running();
        host.fault(20, bit);
        let (event, _) = host.until(" memory ", HOUR);
        assert!(event.contains("copy=a is=repaired"), "{event}");
        assert!(host.ok("status").contains("state=running"));
    }
}

#[test]
fn a_bit_that_flips_in_the_second_copy_is_found_there() {
    let mut host = running();
    let mut length = [0; 4];
    host.machine.read(0x2000_1000, &mut length).expect("copy A is mapped");
    let bits = u32::from_le_bytes(length) * 8;
    host.fault(20, bits.cast_signed() + 5);
    assert!(host.until(" memory ", HOUR).0.contains("copy=b is=repaired"));
}

#[test]
fn a_bit_that_flips_in_both_copies_never_doses() {
    let mut host = running();
    host.fault(20, 100_000 + 77);
    host.until("alarm id=memory-", HOUR);
    assert_eq!(host.effect(20), (1, 1));
}

#[test]
fn a_main_loop_that_hangs_is_reset_by_the_watchdog_after_90_s() {
    let mut host = running();
    host.fault(21, 0);
    host.send(request(700, "status").as_bytes());
    assert!(host.lines().is_empty());
    let (_, took_ms) = host.until("boot reason=watchdog", 5 * MINUTE);
    assert!((30 * SECOND..=90 * SECOND).contains(&took_ms), "{took_ms}");
    assert_eq!((host.word(0x78), host.effect(21)), (1, (0, 1)));
    host.until("alarm id=watchdog-reset", MINUTE);
    host.ok("status");
}

#[test]
fn a_hang_in_the_middle_of_a_stroke_ends_with_that_stroke() {
    let mut host = running();
    // Step to where the motor is driven: the core's next deadline is then the stroke's end.
    let strokes = host.long(0x38);
    while host.long(0x38) == strokes {
        let due = host.machine.next_deadline().expect("the pump runs");
        host.run_to(due.0);
    }
    let edges = host.long(0x40);
    host.fault(21, 0);
    host.until("boot reason=watchdog", 5 * MINUTE);
    assert_eq!(host.long(0x40) - edges, 4);
}

#[test]
fn a_clock_that_jumps_is_noticed() {
    let mut host = running();
    host.fault(22, 7_200_000);
    let (event, _) = host.until(" clock ", 10 * MINUTE);
    assert!(event.contains("by=7200000ms") || event.contains("by=7"), "{event}");
}

#[test]
fn a_log_that_cannot_be_written_is_told_and_the_gap_is_counted() {
    let mut host = running();
    host.fault(23, 0);
    host.until("alarm id=log-write-failed", 2 * HOUR);
    assert!(host.effect(23).1 > 0);
    host.clear(23);
    host.until(" log-gap ", 2 * HOUR);
}

#[test]
fn noise_on_the_transmit_line_changes_bytes_and_drops_none() {
    let mut clean = running();
    let mut noisy = running();
    noisy.fault(24, 10);
    let (before, from) = (clean.said.len(), noisy.said.len());
    clean.ok("identify");
    noisy.send(request(4_000, "identify").as_bytes());
    let spoilt = noisy.effect(24).1;
    assert!(spoilt > 0);
    assert!(noisy.said.len() - from >= clean.said.len() - before);
    assert!(
        !String::from_utf8_lossy(&noisy.said[from..])
            .contains(&body(String::from_utf8_lossy(&clean.said[before..]).trim_end())["=1 ".len()..])
    );
}

#[test]
fn dropped_bytes_are_missing_and_counted() {
    let mut host = running();
    host.fault(25, 5);
    let before = host.word(0x20);
    host.send(request(400, "identify").as_bytes());
    let (sent, dropped) = (host.word(0x20) - before, host.effect(25).1);
    assert!(dropped > 5);
    host.clear(25);
    let before = host.word(0x20);
    host.send(request(401, "identify").as_bytes());
    assert_eq!(host.word(0x20) - before, sent + dropped);
}

#[test]
fn a_cut_line_lets_its_last_bytes_through_and_then_nothing_until_it_is_mended() {
    let mut host = running();
    let before = host.said.len();
    host.fault(26, 10);
    host.send(request(400, "identify").as_bytes());
    host.run(3 * HOUR);
    assert_eq!(host.said.len() - before, 10);
    host.clear(26);
    host.run(HOUR);
    assert!(host.said.len() - before > 100);
}

#[test]
fn noise_on_the_receive_line_is_caught_by_the_crc() {
    let mut host = running();
    host.fault(29, 4);
    host.send(request(400, "bolus dose=10000nl over=600s").as_bytes());
    let lines = host.lines();
    assert!(lines.iter().all(|line| line.starts_with("=0 err code=")), "{lines:#?}");
    assert!(host.effect(29).1 > 0);
    host.clear(29);
    host.send(b"\n");
    let _ = host.lines();
    assert_eq!(host.value("totals", "clinician"), "0nl");
}

#[test]
fn without_a_heartbeat_the_pump_goes_safe_and_with_one_it_does_not() {
    let mut host = running();
    let beat = |host: &mut Host, value: u32| {
        host.machine
            .write(BLOCK_ADDR + 0x28, &value.to_le_bytes())
            .expect("mapped")
    };
    host.machine
        .write(BLOCK_ADDR + 0x2C, &60_000u32.to_le_bytes())
        .expect("mapped");
    for count in 1..10 {
        host.run(50 * SECOND);
        beat(&mut host, count);
    }
    assert!(host.ok("status").contains("state=running"));
    let (state, took_ms) = host.until("to=minimum-rate cause=heartbeat", 2 * MINUTE);
    assert_eq!(took_ms, 60 * SECOND, "{state}");
}

#[test]
fn go_safe_is_done_at_once_and_acknowledged() {
    let mut host = running();
    host.machine
        .write(BLOCK_ADDR + 0x30, &1u32.to_le_bytes())
        .expect("mapped");
    assert_eq!(host.word(0x30), 0);
    assert!(host.ok("status").contains("state=minimum-rate"));
}

#[test]
#[allow(clippy::disallowed_methods, reason = "it measures how long a machine takes to make")]
fn a_machine_is_made_in_no_time() {
    let started = std::time::Instant::now();
    for seed in 0..100 {
        let _ = Machine::new(MachineSettings {
            seed,
            ..MachineSettings::default()
        });
    }
    // Generous: the aim is well below a millisecond each in a release build.
    assert!(started.elapsed().as_millis() < 2_000);
}
