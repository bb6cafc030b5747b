//! Ten years of therapy at 0.5 mL/day with a patient bolus a day and refills, on a motor that always turns: prints what the firmware alone costs.
//! `cargo run --release -p stub-pump --example ten_years`
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "it is a program that measures and reports"
)]

use std::time::Instant;

use stub_pump::command::{Command, Field};
use stub_pump::io::{EDGES_PER_STROKE, Input, ResetReason};
use stub_pump::nv::{Nv, Slot, WriteFailed};
use stub_pump::units::{DAY_MS, Millis, NgPerMl, Nl, NlPerDay, Seconds};
use stub_pump::vocabulary::Mode;
use stub_pump::{Pump, Settings, library};

#[derive(Default)]
struct Memory(Vec<Vec<u8>>);

fn place(slot: Slot) -> usize {
    match slot {
        Slot::PrescriptionA => 0,
        Slot::PrescriptionB => 1,
        Slot::StateA => 2,
        Slot::StateB => 3,
        Slot::Dose(at) => 4 + usize::from(at),
        Slot::Event(at) => 2_000 + usize::from(at),
    }
}

impl Nv for Memory {
    fn read(&self, slot: Slot) -> Option<&[u8]> {
        self.0
            .get(place(slot))
            .map(Vec::as_slice)
            .filter(|record| !record.is_empty())
    }

    fn write(&mut self, slot: Slot, record: &[u8]) -> Result<(), WriteFailed> {
        let at = place(slot);
        if self.0.len() <= at {
            self.0.resize(at + 1, Vec::new());
        }
        self.0[at].clear();
        self.0[at].extend_from_slice(record);
        Ok(())
    }
}

fn program(pump: &mut Pump<Memory>) {
    let drug = library::by_name(pump.library(), "morphine-10-mg-per-mL").expect("the library has it");
    let ask = |pump: &mut Pump<Memory>, command| {
        pump.command(Millis(0), command)
            .expect("a new pump does as it is asked")
    };
    ask(pump, Command::SessionBegin);
    for field in [
        Field::Drug(drug),
        Field::Conc(NgPerMl(10_000_000)),
        Field::Mode(Mode::Continuous),
        Field::Rate(NlPerDay(500_000)),
        Field::PtmDose(Nl(20_000)),
        Field::PtmOver(Seconds(300)),
        Field::PtmLockout(Seconds(14_400)),
        Field::PtmCount(4),
        Field::PtmWindow(Seconds(86_400)),
        Field::PtmMax(Nl(700_000)),
    ] {
        ask(pump, Command::Stage(field));
    }
    let crc32 = pump.staged_crc32();
    ask(pump, Command::Commit { crc32 });
    ask(
        pump,
        Command::Refill {
            removed: Nl(0),
            added: Nl(20_000_000),
        },
    );
    ask(pump, Command::Start);
}

fn main() {
    let settings = Settings {
        end_of_life_months: 132,
        ..Settings::default()
    };
    let mut pump = Pump::boot(settings, Memory::default(), Millis(0), ResetReason::PowerOn);
    let mut input = Input {
        rtc: Seconds(820_454_400),
        battery_mv: 2_900,
        catheter_pa: 1_000,
        reservoir_pa: 30_000,
        temperature_mc: 37_000,
        ..Input::default()
    };
    pump.step(Millis(0), &input);
    program(&mut pump);
    let begun = Instant::now();
    let (mut steps, mut now, mut driven) = (0_u64, 0, false);
    for day in 1..=3_652_u64 {
        while pump.next_deadline().0 < day * DAY_MS {
            now = pump.next_deadline().0.max(now);
            if driven {
                input.encoder_edges = input.encoder_edges.wrapping_add(EDGES_PER_STROKE);
            }
            input.rtc = Seconds(820_454_400 + now / 1000);
            let was_driven = driven;
            driven = pump.step(Millis(now), &input).motor && !was_driven;
            steps += 1;
        }
        let _ = pump.command(Millis(day * DAY_MS), Command::PatientBolus);
        if day % 30 == 0 {
            let removed = pump.totals().reservoir;
            let _ = pump.command(
                Millis(day * DAY_MS),
                Command::Refill {
                    removed,
                    added: Nl(20_000_000),
                },
            );
        }
        while pump.next_event().is_some() || pump.next_dose_entry().is_some() {}
    }
    let took = begun.elapsed();
    println!(
        "{steps} steps, {} strokes in {took:?}: {} ns a step",
        pump.totals().strokes,
        took.as_nanos() / u128::from(steps)
    );
    println!(
        "size of the pump without its memory: {} bytes",
        size_of::<Pump<Memory>>()
    );
}
