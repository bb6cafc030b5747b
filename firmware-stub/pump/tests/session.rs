//! Programming: staged, read back, committed whole or not at all.
mod common;

use common::*;
use stub_pump::command::{Command, Field};
use stub_pump::field_text::{FieldText, crc32};
use stub_pump::io::ResetReason;
use stub_pump::nv::Slot;
use stub_pump::record::What;
use stub_pump::units::{Millis, NgPerMl, Nl, NlPerDay, Seconds};
use stub_pump::vocabulary::{AlarmId, Code, Mode, SessionIs, State};
use stub_pump::{Pump, Settings};

/// Refused at stage or at commit: the code and the field.
fn refusal(fields: &[Field]) -> (Code, Option<&'static str>) {
    let refusal = Bench::ready()
        .try_program(fields)
        .expect_err("it should have been refused");
    (refusal.code, refusal.field)
}

fn with(mut fields: Vec<Field>, more: &[Field]) -> Vec<Field> {
    fields.extend_from_slice(more);
    fields
}

#[test]
fn the_read_back_of_a_commit_is_the_text_that_was_confirmed() {
    let mut bench = Bench::ready();
    bench.ok(Command::SessionBegin);
    bench
        .pump
        .stage_all(Millis(bench.now), &with_ptm(480_000, 700_000))
        .unwrap();
    let staged: Vec<_> = bench.pump.staged_fields().collect();
    let confirmed = bench.pump.staged_crc32();
    bench.ok(Command::Commit { crc32: confirmed });
    assert_eq!(bench.pump.prescription_fields().collect::<Vec<_>>(), staged);
    assert_eq!(bench.pump.prescription_crc32(), Some(confirmed));
    assert!(bench.when(|what| *what == What::Rx { crc32: confirmed }).is_some());
    let text: Vec<_> = staged
        .iter()
        .map(|&field| {
            FieldText {
                field,
                library: bench.pump.library(),
            }
            .to_string()
        })
        .collect();
    assert_eq!(
        text,
        [
            "drug=morphine-10-mg-per-mL",
            "conc=10000000ng/ml",
            "mode=continuous",
            "rate=480000nl/d",
            "ptm-dose=20000nl",
            "ptm-over=300s",
            "ptm-lockout=3600s",
            "ptm-count=4",
            "ptm-window=86400s",
            "ptm-max=700000nl",
            "soft=confirm"
        ]
    );
}

#[test]
fn a_flex_schedule_is_read_back_as_seven_days() {
    let mut bench = Bench::ready();
    bench.program(&flex(&[(0, 300_000), (480, 600_000)]));
    let text: Vec<_> = bench
        .pump
        .prescription_fields()
        .map(|field| {
            FieldText {
                field,
                library: bench.pump.library(),
            }
            .to_string()
        })
        .filter(|text| text.starts_with("flex"))
        .collect();
    assert_eq!(text.len(), 14);
    assert_eq!(
        (text[0].as_str(), text[13].as_str()),
        ("flex=mon,1,0min,300000nl/d", "flex=sun,2,480min,600000nl/d")
    );
}

#[test]
fn values_out_of_range_are_refused_field_by_field() {
    let rate = |rate| vec![Field::Rate(NlPerDay(rate))];
    assert_eq!(refusal(&rate(47_999)), (Code::OutOfRange, Some("rate")));
    assert_eq!(refusal(&rate(24_000_001)), (Code::OutOfRange, Some("rate")));
    assert_eq!(refusal(&rate((1 << 32) + 600_000)), (Code::Wrap, Some("rate")));
    assert_eq!(refusal(&rate(u64::MAX)), (Code::Wrap, Some("rate")));
    assert_eq!(
        refusal(&[Field::Interval(Seconds(360))]),
        (Code::OutOfRange, Some("interval"))
    );
    assert_eq!(refusal(&[Field::PtmCount(49)]), (Code::OutOfRange, Some("ptm-count")));
    assert_eq!(
        refusal(&[Field::Catheter(Nl(1_000_001))]),
        (Code::OutOfRange, Some("catheter"))
    );
    let step = Field::Flex {
        day: stub_pump::command::Day::Daily,
        index: 14,
        minute: 1,
        rate: NlPerDay(100_000),
    };
    assert_eq!(refusal(&[step]), (Code::OutOfRange, Some("flex")));
}

#[test]
fn a_prescription_that_does_not_hang_together_is_refused() {
    use Field::{Conc, Dose, Interval, Over, PtmDose, Rate};
    assert_eq!(refusal(&continuous(500_000)[..3]), (Code::Missing, Some("rate")));
    assert_eq!(refusal(&continuous(0)), (Code::OutOfRange, Some("rate")));
    assert_eq!(
        refusal(&with(continuous(500_000), &[Dose(Nl(1_000))])),
        (Code::NotUsed, Some("dose"))
    );
    assert_eq!(
        refusal(&with(continuous(500_000), &[PtmDose(Nl(20_000))])),
        (Code::Missing, Some("ptm-over"))
    );
    assert_eq!(
        refusal(&with(flex(&[(0, 300_000)]), &[Rate(NlPerDay(300_000))])),
        (Code::NotUsed, Some("rate"))
    );
    assert_eq!(
        refusal(&flex(&[(0, 300_000), (600, 300_000), (599, 300_000)])),
        (Code::Order, Some("flex"))
    );
    assert_eq!(refusal(&periodic(0, 50_000, 3_600, 3_600)), (Code::Order, Some("over")));
    assert_eq!(
        refusal(&with(continuous(500_000), &[Conc(NgPerMl(1_000_000))])),
        (Code::WrongConcentration, Some("conc"))
    );
    let soft = |fields: Vec<Field>| {
        fields
            .into_iter()
            .filter(|field| *field != Field::SoftConfirm)
            .collect::<Vec<_>>()
    };
    assert_eq!(refusal(&soft(continuous(1_600_000))), (Code::SoftLimit, Some("rate")));
    assert_eq!(refusal(&continuous(3_000_001)), (Code::HardLimit, Some("rate")));
    // Recall R01: each number is possible, together they are an overdose.
    assert_eq!(
        refusal(&periodic(0, 200_000, 600, 3_600)),
        (Code::HardLimit, Some("interval"))
    );
    let _ = (Interval(Seconds(0)), Over(Seconds(0)));
}

#[test]
fn a_line_with_one_bad_field_stages_nothing() {
    let mut bench = Bench::ready();
    bench.ok(Command::SessionBegin);
    let fields = [Field::Mode(Mode::Continuous), Field::Rate(NlPerDay(1))];
    bench.pump.stage_all(Millis(bench.now), &fields).unwrap_err();
    assert_eq!(bench.pump.staged_fields().count(), 0);
}

#[test]
fn a_wrong_crc_commits_nothing() {
    let mut bench = Bench::running();
    bench.ok(Command::SessionBegin);
    bench.pump.stage_all(Millis(bench.now), &continuous(1_200_000)).unwrap();
    assert_eq!(
        bench.refused(Command::Commit { crc32: 0x0A1B_2C3D }).code,
        Code::CrcMismatch
    );
    assert_eq!(bench.pump.status().rate, NlPerDay(500_000));
}

#[test]
fn an_aborted_session_leaves_the_old_prescription_in_force() {
    let mut bench = Bench::running();
    bench.ok(Command::SessionBegin);
    bench.pump.stage_all(Millis(bench.now), &continuous(1_200_000)).unwrap();
    bench.ok(Command::Abort);
    bench.run_for(DAY + SECOND);
    assert_eq!(bench.pump.totals().basal.0, 500_000);
}

#[test]
fn a_forgotten_session_complains_and_is_cleared() {
    let mut bench = Bench::running();
    bench.ok(Command::SessionBegin);
    let begun = bench.now;
    bench.run_for(11 * MINUTE);
    assert_eq!(bench.alarm_at(AlarmId::SessionIdle), Some(begun + 5 * MINUTE));
    assert_eq!(
        bench.when(|what| *what
            == What::Session {
                is: SessionIs::TimedOut
            }),
        Some(begun + 10 * MINUTE)
    );
    assert!(!bench.has(AlarmId::SessionIdle));
    assert_eq!(bench.refused(Command::Abort).code, Code::NoSession);
}

#[test]
fn a_commit_while_running_goes_on_under_the_new_rate() {
    let mut bench = Bench::running();
    bench.run_for(DAY);
    bench.program(&continuous(600_000));
    assert_eq!(
        (bench.state(), bench.pump.status().rate),
        (State::Running, NlPerDay(600_000))
    );
    let before = bench.pump.totals().basal.0;
    bench.run_for(DAY);
    let given = bench.pump.totals().basal.0 - before;
    assert!((599_500..=600_500).contains(&given), "{given}");
}

/// The supply is cut at every single write of a commit: afterwards the old or the new prescription is whole, never a mixture, and the pump says what it does.
#[test]
fn a_commit_cut_at_any_write_leaves_the_old_or_the_new_prescription() {
    let (old, new) = (continuous(500_000), with_ptm(720_000, 900_000));
    let crc = |fields: &[Field]| crc32(fields.iter().copied(), &stub_pump::library::LIBRARY);
    let mut sorted = new.clone();
    // The read-back has the confirmation last.
    sorted.sort_by_key(|field| *field == Field::SoftConfirm);
    let (mut saw_old, mut saw_new) = (false, false);
    for cut in 0..12 {
        let mut bench = Bench::running();
        bench.run_for(HOUR);
        bench.ok(Command::SessionBegin);
        bench.pump.stage_all(Millis(bench.now), &new).unwrap();
        let crc32 = bench.pump.staged_crc32();
        let begun = bench.pump.nv().writes;
        bench.pump.nv_mut().writes_left = Some(cut);
        let _ = bench.pump.command(Millis(bench.now), Command::Commit { crc32 });
        assert!(bench.pump.nv().writes - begun <= u64::from(cut));
        let mut memory = bench.pump.into_nv();
        memory.writes_left = None;
        let pump = Pump::boot(
            Settings::default(),
            memory,
            Millis(bench.now + 500),
            ResetReason::BrownOut,
        );
        let found = pump.prescription_crc32().unwrap();
        saw_old |= found == crc(&old);
        saw_new |= found == crc(&sorted);
        assert!(found == crc(&old) || found == crc(&sorted), "cut after {cut} writes");
        assert_eq!(pump.status().state, State::MinimumRate);
        let copy = |slot| pump.nv().slots.get(&slot);
        assert_eq!(
            copy(Slot::PrescriptionA),
            copy(Slot::PrescriptionB),
            "boot completes what was cut"
        );
    }
    assert!(saw_old && saw_new);
}

#[test]
fn a_memory_that_refuses_keeps_the_old_prescription() {
    let mut bench = Bench::running();
    bench.ok(Command::SessionBegin);
    bench.pump.stage_all(Millis(bench.now), &continuous(1_200_000)).unwrap();
    let crc32 = bench.pump.staged_crc32();
    bench.pump.nv_mut().writes_left = Some(0);
    assert_eq!(bench.refused(Command::Commit { crc32 }).code, Code::WriteFailed);
    assert_eq!(bench.pump.status().rate, NlPerDay(500_000));
    bench.run_for(2 * HOUR);
    assert!(bench.has(AlarmId::LogWriteFailed));
    bench.pump.nv_mut().writes_left = None;
    bench.run_for(2 * HOUR);
    assert!(bench.when(|what| matches!(what, What::LogGap { .. })).is_some());
}
