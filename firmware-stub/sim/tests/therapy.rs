//! Pump, plant and line together: what is programmed is what the patient gets.

mod common;

use common::{DAY, HOUR, Host, MINUTE, SECOND, request};

#[test]
fn a_new_pump_says_that_it_booted_and_who_it_is() {
    let mut host = Host::new();
    let (boot, took_ms) = host.until("boot reason=power-on", MINUTE);
    assert!(boot.starts_with("!1 t=0ms boot"), "{boot}");
    assert_eq!(took_ms, 0);
    assert_eq!(
        host.ok("identify"),
        format!(
            "ok model=stub-it20 serial=SN000001 firmware={} build=sim protocol=1",
            env!("CARGO_PKG_VERSION")
        )
    );
}

#[test]
fn half_a_millilitre_a_day_is_half_a_millilitre_a_day() {
    let mut host = Host::new();
    host.start(500_000);
    host.run(2 * DAY);
    let delivered = host.long(0x48);
    assert!(delivered.abs_diff(1_000_000) <= 1_000, "{delivered}");
    assert!(host.long(0x50).abs_diff(500 * host.long(0x38)) <= 500);
    let basal: u64 = host
        .value("totals", "basal")
        .trim_end_matches("nl")
        .parse()
        .expect("a number");
    assert!(basal.abs_diff(delivered) <= 500, "{basal} {delivered}");
    let entries = String::from_utf8_lossy(&host.said)
        .lines()
        .filter(|line| line.contains("cause=periodic"))
        .count();
    assert!((47..=49).contains(&entries), "{entries}");
}

#[test]
fn a_status_tells_what_is_so() {
    let mut host = Host::new();
    host.start(500_000);
    host.run(HOUR);
    let status = host.ok("status");
    for part in [
        "state=running",
        "mode=continuous",
        "rate=500000nl/d",
        "life=ok",
        "alarms=none",
        "session=none",
        "bolus=none",
    ] {
        assert!(status.contains(part), "{part} in {status}");
    }
}

#[test]
fn a_clinicians_bolus_repeated_after_a_lost_reply_is_given_once() {
    let mut host = Host::new();
    host.start(500_000);
    host.run(MINUTE);
    let line = request(900, "bolus dose=10000nl over=600s");
    host.send(line.as_bytes());
    let first = host.lines();
    host.run(5 * SECOND);
    let _ = host.lines();
    host.send(line.as_bytes());
    let second = host.lines();
    assert_eq!(second.len(), 1, "{second:#?}");
    assert!(first.contains(&second[0]), "{first:#?} {second:#?}");
    assert!(second[0].starts_with("=900 ok"), "{second:#?}");
    host.run(HOUR);
    assert_eq!(host.value("totals", "clinician"), "10000nl");
}

#[test]
fn a_request_with_another_seq_is_a_new_request() {
    let mut host = Host::new();
    host.start(500_000);
    host.run(MINUTE);
    host.ok("bolus dose=10000nl over=600s");
    assert_eq!(host.reply("bolus dose=10000nl over=600s"), "err code=bolus-active");
}

#[test]
fn of_a_stage_line_with_one_bad_field_nothing_is_staged() {
    let mut host = Host::new();
    host.run(5 * SECOND);
    host.ok("session-begin");
    for (line, reply) in [
        ("stage low=1000000nl rate=500000nl", "err code=wrong-unit field=rate"),
        (
            "stage low=1000000nl rate=25000000nl/d",
            "err code=hard-limit field=rate limit=24000000nl/d",
        ),
        ("stage low=1000000nl colour=1nl", "err code=unknown-key field=colour"),
        (
            "stage low=1000000nl rate=18446744073709551616nl/d",
            "err code=wrap field=rate",
        ),
        ("stage low=1000000nl drug=tea", "err code=unknown-drug field=drug"),
        (
            "stage low=1000000nl flex=mon,14,0min,48000nl/d",
            "err code=out-of-range field=flex limit=13",
        ),
        ("stage", "err code=missing"),
    ] {
        let is = host.reply(line);
        assert!(
            is == reply || (line.contains("25000000") && is.contains("field=rate limit=24000000nl/d")),
            "{line}: {is}"
        );
        assert!(host.ok("staged").contains("fields=0"), "{line}");
    }
}

#[test]
fn a_read_line_typed_by_hand_is_answered_and_another_gets_the_crc_that_it_needs() {
    let mut host = Host::new();
    let _ = host.lines();
    host.send(b"?totals\r\n");
    let lines = host.lines();
    assert!(lines[0].starts_with("=0 ok basal=0nl"), "{lines:#?}");
    host.send(b"?mute\n");
    assert_eq!(common::body(&host.lines()[0]), "=0 err code=crc-required crc=8E10");
    host.send(b"?dance\n");
    assert_eq!(common::body(&host.lines()[0]), "=0 err code=unknown-verb");
}

#[test]
fn a_read_back_is_what_was_staged_and_survives_the_commit() {
    let mut host = Host::new();
    host.program("drug=morphine-10-mg-per-mL conc=10000000ng/ml mode=continuous rate=500000nl/d");
    let lines = host.ask("prescription");
    let fields: Vec<&str> = lines
        .iter()
        .filter(|line| line.starts_with('+'))
        .filter_map(|line| line.split_once(' '))
        .map(|(_, field)| field)
        .collect();
    assert_eq!(
        fields,
        [
            "drug=morphine-10-mg-per-mL",
            "conc=10000000ng/ml",
            "mode=continuous",
            "rate=500000nl/d"
        ]
    );
}

#[test]
fn the_dose_log_can_be_read_again_page_by_page() {
    let mut host = Host::new();
    host.start(500_000);
    host.run(6 * DAY);
    let said = String::from_utf8_lossy(&host.said).into_owned();
    let spoken: Vec<&str> = said
        .lines()
        .map(common::body)
        .filter(|line| line.starts_with('$'))
        .collect();
    assert!(spoken.len() > 140);
    let mut read = Vec::new();
    while read.len() < spoken.len() {
        let page = host.ask(&format!("dose-log from={} count=64", read.len() + 1));
        let before = read.len();
        read.extend(page.iter().filter(|line| line.starts_with('+')).map(|line| {
            let entry = line.split_once(" n=").expect("a number").1;
            format!("${entry}")
        }));
        assert!(read.len() > before && read.len() - before <= 64, "{page:#?}");
    }
    assert_eq!(read.len(), spoken.len());
    assert!(read == spoken, "the log differs from what was spoken");
}

#[test]
fn a_log_page_longer_than_the_transmit_queue_comes_whole_and_the_next_request_waits_for_it() {
    let mut host = Host::new();
    host.start(500_000);
    host.run(4 * DAY);
    let _ = host.lines();
    let both = request(800, "dose-log from=1 count=64") + &request(801, "status");
    host.send(both.as_bytes());
    let lines = host.lines();
    assert_eq!(lines.iter().filter(|line| line.starts_with("+800 ")).count(), 64);
    assert!(lines[64].starts_with("=800 ok first=1 last="), "{}", lines[64]);
    assert!(lines[65].starts_with("=801 ok state=running"), "{}", lines[65]);
}

#[test]
fn a_refill_reaches_the_reservoir() {
    let mut host = Host::new();
    host.start(1_500_000);
    host.run(4 * DAY);
    let left = host.long(0x58);
    assert!(left < 14_100_000);
    host.ok(&format!("refill removed={left}nl added=20000000nl"));
    assert_eq!(host.long(0x58), 20_000_000);
}

#[test]
fn the_same_calls_give_the_same_bytes() {
    let run = || {
        let mut host = Host::seeded(42, 20_000_000);
        host.start(1_000_000);
        host.fault(7, 20);
        host.run(DAY);
        host.fault(24, 300);
        host.run(DAY);
        host.said
    };
    assert!(run() == run());
}

#[test]
fn stopping_at_fences_on_the_way_changes_no_byte() {
    let run = |fence_ms: u64| {
        let mut host = Host::new();
        host.start(700_000);
        host.fault(1, 60);
        let end_ms = host.machine.now().0 + DAY;
        while host.machine.now().0 < end_ms {
            host.run_to((host.machine.now().0 + fence_ms).min(end_ms));
            let _ = (host.long(0x48), host.word(0x60));
        }
        (host.said.clone(), host.long(0x48), host.word(0x60))
    };
    assert!(run(DAY) == run(4_321));
}

#[test]
fn ten_years_of_therapy_run_to_the_end_of_the_battery() {
    let mut host = Host::new();
    host.start(500_000);
    let mut eri_day = None;
    for day in 0..3_650u64 {
        host.run(DAY);
        let reservoir = host.long(0x58);
        if reservoir < 3_000_000 {
            host.ok(&format!("refill removed={reservoir}nl added=20000000nl"));
        }
        if eri_day.is_none() && String::from_utf8_lossy(&host.said).contains("alarm id=eri") {
            eri_day = Some(day);
        }
        host.forget();
    }
    let eri_day = eri_day.expect("the battery wears out");
    assert!((2_200..2_500).contains(&eri_day), "{eri_day}");
    assert!(host.ok("status").contains("state=stopped"));
    let delivered = host.long(0x48);
    assert!(delivered.abs_diff((eri_day + 90) * 500_000) < 2_000_000, "{delivered}");
}

#[test]
fn a_clock_that_is_set_in_the_very_instant_of_power_on_stays_set() {
    let mut host = Host::new();
    // 2027-01-01T12:00:00, and a year later than the chip shows.
    assert_eq!(host.ok("clock-set rtc=852120000s"), "ok");
    host.run(5 * MINUTE);
    assert_eq!(host.value("status", "rtc"), "852120300s");
    assert_eq!(host.value("status", "alarms"), "none");
}
