//! A bench in memory: the pump, a motor that turns, sensors that a test sets, and a clock that jumps to the next deadline.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::BTreeMap;

use stub_pump::alarms::Priority;
use stub_pump::command::{Command, Day, Done, Field, Refusal, Reply};
use stub_pump::io::{EDGES_PER_STROKE, Input, Output, ResetReason};
use stub_pump::nv::{Nv, Slot, WriteFailed};
use stub_pump::record::{DoseEntry, Event, What};
use stub_pump::units::{Millis, NgPerMl, Nl, NlPerDay, Seconds};
use stub_pump::vocabulary::{AlarmId, Mode, State};
use stub_pump::{Pump, Settings};

pub const SECOND: u64 = 1_000;
pub const MINUTE: u64 = 60 * SECOND;
pub const HOUR: u64 = 60 * MINUTE;
pub const DAY: u64 = 24 * HOUR;
/// 2026-03-02T00:00:00, a Monday.
pub const MONDAY: u64 = 825_724_800;

/// Memory in a map; it can be told to fail.
#[derive(Clone, Debug)]
pub struct Memory {
    pub slots: BTreeMap<Slot, Vec<u8>>,
    /// Writes that still work, if they are to stop.
    pub writes_left: Option<u32>,
    pub writes: u64,
    /// Slots that can be written no more.
    pub worn: fn(Slot) -> bool,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            slots: BTreeMap::new(),
            writes_left: None,
            writes: 0,
            worn: |_| false,
        }
    }
}

impl Nv for Memory {
    fn read(&self, slot: Slot) -> Option<&[u8]> {
        self.slots.get(&slot).map(Vec::as_slice)
    }

    fn write(&mut self, slot: Slot, record: &[u8]) -> Result<(), WriteFailed> {
        if let Some(left) = &mut self.writes_left {
            *left = left.checked_sub(1).ok_or(WriteFailed)?;
        }
        if (self.worn)(slot) {
            return Err(WriteFailed);
        }
        self.writes += 1;
        let place = self.slots.entry(slot).or_default();
        place.clear();
        place.extend_from_slice(record);
        Ok(())
    }
}

/// The pump on its bench.
pub struct Bench {
    pub pump: Pump<Memory>,
    pub settings: Settings,
    pub now: u64,
    pub input: Input,
    pub output: Output,
    /// Strokes that the motor shall not make.
    pub stalls: u64,
    pub strokes: u64,
    pub events: Vec<Event>,
    pub doses: Vec<DoseEntry>,
    rtc_ms: u64,
    motor_since: Option<u64>,
    pub longest_gap: u64,
    pub kicked: u64,
}

impl Bench {
    pub fn new() -> Self {
        Self::with(Settings::default(), Memory::default())
    }

    pub fn with(settings: Settings, memory: Memory) -> Self {
        let input = Input {
            rtc: Seconds(MONDAY),
            battery_mv: 2_900,
            catheter_pa: 1_000,
            reservoir_pa: 30_000,
            temperature_mc: 37_000,
            ..Input::default()
        };
        let pump = Pump::boot(settings, memory, Millis(0), ResetReason::PowerOn);
        let mut bench = Self {
            pump,
            settings,
            now: 0,
            input,
            output: Output::default(),
            stalls: 0,
            strokes: 0,
            events: Vec::new(),
            doses: Vec::new(),
            rtc_ms: MONDAY * 1000,
            motor_since: None,
            longest_gap: 0,
            kicked: 0,
        };
        bench.step();
        bench
    }

    /// A pump with 20 mL of morphine at 0.5 mL/day, stopped, two minutes after power-on.
    pub fn ready() -> Self {
        let mut bench = Self::new();
        bench.run_for(2 * MINUTE);
        bench.program(&continuous(500_000));
        bench.refill();
        bench
    }

    /// The same, running since this instant.
    pub fn running() -> Self {
        let mut bench = Self::ready();
        bench.ok(Command::Start);
        bench
    }

    pub fn refill(&mut self) {
        let removed = self.pump.totals().reservoir;
        self.ok(Command::Refill {
            removed,
            added: Nl(20_000_000),
        });
    }

    pub fn program(&mut self, fields: &[Field]) {
        self.ok(Command::SessionBegin);
        self.pump.stage_all(Millis(self.now), fields).unwrap();
        self.ok(Command::Commit {
            crc32: self.pump.staged_crc32(),
        });
    }

    /// What a commit of these fields answers.
    pub fn try_program(&mut self, fields: &[Field]) -> Reply {
        self.ok(Command::SessionBegin);
        let reply = self.pump.stage_all(Millis(self.now), fields);
        let crc32 = self.pump.staged_crc32();
        let reply = reply.and_then(|_| self.pump.command(Millis(self.now), Command::Commit { crc32 }));
        if reply.is_err() {
            self.ok(Command::Abort);
        }
        reply
    }

    /// A step at this instant.
    pub fn step(&mut self) {
        self.input.rtc = Seconds(self.rtc_ms / 1000);
        self.output = self.pump.step(Millis(self.now), &self.input);
        if let Some(rtc) = self.output.set_rtc {
            self.rtc_ms = rtc.0 * 1000 + self.rtc_ms % 1000;
        }
        self.kicked += u64::from(self.output.watchdog_kick);
        match (self.output.motor, self.motor_since) {
            (true, None) => self.motor_since = Some(self.now),
            (false, Some(_)) => self.motor_since = None,
            _ => {}
        }
        while let Some(event) = self.pump.next_event() {
            self.events.push(event);
        }
        while let Some(entry) = self.pump.next_dose_entry() {
            self.doses.push(entry);
        }
    }

    fn pass_to(&mut self, at: u64) {
        self.rtc_ms += at - self.now;
        self.longest_gap = self.longest_gap.max(at - self.now);
        self.now = at;
        let whole = self.motor_since.is_some_and(|since| self.now >= since + 200);
        if whole && !self.input.magnet {
            // One stroke's worth of edges, once for each time that the motor is driven.
            self.motor_since = None;
            if self.stalls > 0 {
                self.stalls -= 1;
            } else {
                self.input.encoder_edges = self.input.encoder_edges.wrapping_add(EDGES_PER_STROKE);
                self.strokes += 1;
            }
        }
    }

    pub fn run_for(&mut self, ms: u64) {
        self.run_until(self.now + ms);
    }

    pub fn run_until(&mut self, until: u64) {
        let mut at_once = 0;
        loop {
            let next = self.pump.next_deadline().0;
            if next > until {
                break;
            }
            at_once = if next > self.now { 0 } else { at_once + 1 };
            assert!(
                at_once < 50,
                "the pump asks for {next} again and again at {}: {:?}",
                self.now,
                self.pump.status()
            );
            self.pass_to(next.max(self.now));
            self.step();
        }
        self.pass_to(until);
    }

    /// Runs to the instant at which the motor is driven next.
    pub fn run_until_driven(&mut self) {
        while !self.output.motor {
            self.run_until(self.pump.next_deadline().0);
        }
    }

    /// Sets the sensors and lets the pump see it at once.
    pub fn sense(&mut self, change: impl FnOnce(&mut Input)) {
        change(&mut self.input);
        self.step();
    }

    /// The clock chip jumps.
    pub fn jump_clock(&mut self, by_s: i64) {
        self.rtc_ms = self.rtc_ms.checked_add_signed(by_s * 1000).unwrap();
    }

    pub fn command(&mut self, command: Command) -> Reply {
        let reply = self.pump.command(Millis(self.now), command);
        self.settle();
        reply
    }

    /// Steps until nothing is due at this instant.
    pub fn settle(&mut self) {
        for _ in 0..8 {
            if self.pump.next_deadline().0 > self.now {
                return;
            }
            self.step();
        }
    }

    pub fn ok(&mut self, command: Command) -> Done {
        self.command(command)
            .unwrap_or_else(|refusal| panic!("{command:?} at {}: {refusal:?}", self.now))
    }

    pub fn refused(&mut self, command: Command) -> Refusal {
        self.command(command).expect_err("it should have been refused")
    }

    /// The processor restarts after `ms`; the plant goes on.
    pub fn reset(self, reason: ResetReason, ms: u64) -> Self {
        let mut bench = Self {
            pump: Pump::boot(self.settings, self.pump.into_nv(), Millis(self.now + ms), reason),
            now: self.now + ms,
            rtc_ms: self.rtc_ms + ms,
            motor_since: None,
            ..self
        };
        bench.step();
        bench.settle();
        bench
    }

    pub fn state(&self) -> State {
        self.pump.status().state
    }

    pub fn has(&self, id: AlarmId) -> bool {
        self.pump.active_alarms().any(|alarm| alarm.id == id)
    }

    pub fn critical(&self) -> Vec<AlarmId> {
        self.pump
            .active_alarms()
            .filter(|alarm| alarm.priority == Priority::Critical)
            .map(|alarm| alarm.id)
            .collect()
    }

    /// When it first happened.
    pub fn when(&self, matches: impl Fn(&What) -> bool) -> Option<u64> {
        self.events
            .iter()
            .find(|event| matches(&event.what))
            .map(|event| event.t.0)
    }

    pub fn count(&self, matches: impl Fn(&What) -> bool) -> usize {
        self.events.iter().filter(|event| matches(&event.what)).count()
    }

    pub fn count_since(&self, from: u64, matches: impl Fn(&What) -> bool) -> usize {
        let since = self.events.iter().filter(|event| event.t.0 >= from);
        since.filter(|event| matches(&event.what)).count()
    }

    /// When the alarm was first raised.
    pub fn alarm_at(&self, id: AlarmId) -> Option<u64> {
        self.when(|what| *what == What::Alarm { id })
    }
}

pub fn drug(name: &str) -> Field {
    Field::Drug(stub_pump::library::by_name(&stub_pump::library::LIBRARY, name).unwrap())
}

/// Morphine 10 mg/mL by a steady rate.
pub fn continuous(rate: u64) -> Vec<Field> {
    vec![
        drug("morphine-10-mg-per-mL"),
        Field::Conc(NgPerMl(10_000_000)),
        Field::Mode(Mode::Continuous),
        Field::Rate(NlPerDay(rate)),
        Field::SoftConfirm,
    ]
}

/// The same with a patient bolus of 20 uL over 5 min, lockout 1 h, 4 in 24 h.
pub fn with_ptm(rate: u64, max: u64) -> Vec<Field> {
    let mut fields = continuous(rate);
    fields.extend(ptm(20_000, 300, 3_600, 4, 86_400, max));
    fields
}

pub fn ptm(dose: u64, over: u64, lockout: u64, count: u64, window: u64, max: u64) -> Vec<Field> {
    vec![
        Field::PtmDose(Nl(dose)),
        Field::PtmOver(Seconds(over)),
        Field::PtmLockout(Seconds(lockout)),
        Field::PtmCount(count),
        Field::PtmWindow(Seconds(window)),
        Field::PtmMax(Nl(max)),
    ]
}

/// A schedule of (minute, rate) for every day.
pub fn flex(steps: &[(u16, u64)]) -> Vec<Field> {
    let mut fields = vec![
        drug("morphine-10-mg-per-mL"),
        Field::Conc(NgPerMl(10_000_000)),
        Field::Mode(Mode::Flex),
        Field::SoftConfirm,
    ];
    fields.extend((1..).zip(steps).map(|(index, &(minute, rate))| Field::Flex {
        day: Day::Daily,
        index,
        minute,
        rate: NlPerDay(rate),
    }));
    fields
}

/// Periodic boluses over a basal rate.
pub fn periodic(rate: u64, dose: u64, over: u64, interval: u64) -> Vec<Field> {
    vec![
        drug("morphine-10-mg-per-mL"),
        Field::Conc(NgPerMl(10_000_000)),
        Field::Mode(Mode::Periodic),
        Field::Rate(NlPerDay(rate)),
        Field::Dose(Nl(dose)),
        Field::Over(Seconds(over)),
        Field::Interval(Seconds(interval)),
        Field::SoftConfirm,
    ]
}
