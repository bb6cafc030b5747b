//! The stub pump on a thread of this process. Besides the command `sim` the only place that names it.

use super::error::RigError;
use super::fence::{Advance, Fence, FenceError, Stop};
use super::link::LinkError;
use super::options::{KnownDrug, OpenOptions};
use super::probe::{BusFault, CoreBackend, CoreRegister};
use pump_hil_model::crash::{Crash, Frame, Why};
use pump_hil_model::safe_text::safe_path;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use stub_sim::{Drug, Machine, MachineSettings, NgPerMl, Nl, NlPerDay, Panicked, Register, SimControl, SimPump};

/// A running simulated pump; its thread ends when this is dropped.
pub(super) struct Pump {
    pump: SimPump,
    port: String,
}

impl std::fmt::Debug for Pump {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pump").field("port", &self.port).finish_non_exhaustive()
    }
}

impl Pump {
    /// Powers a new pump, which knows these drugs too.
    pub fn start(options: &OpenOptions, drugs: &[KnownDrug], service_months: Option<u32>) -> Result<Self, RigError> {
        let mut settings = settings(options, drugs)?;
        if let Some(months) = service_months {
            let made_for = u64::from(settings.pump.end_of_life_months);
            // Multiplied first: so no remainder is lost before it counts.
            settings.plant.battery_mc = settings.plant.battery_mc * u64::from(months) / made_for;
            settings.pump.end_of_life_months = months;
        }
        let machine = machine(settings, options)?;
        let pump = SimPump::spawn(machine).map_err(|e| LinkError::Open {
            port: "a PTY for the simulated pump".to_owned(),
            why: e.to_string(),
        })?;
        let port = safe_path(pump.pty_path());
        Ok(Self { pump, port })
    }

    /// Path of its port.
    pub fn port(&self) -> &str {
        &self.port
    }

    /// Time and line of a pump that was started for this rig. Both count from its start: what it says first may be on its way already.
    pub fn fence(&self) -> Box<dyn Fence> {
        let control = self.pump.control();
        Box::new(SimFence {
            control,
            now: 0,
            rx: 0,
            tx: 0,
        })
    }

    /// Time and line of a pump that was there before. Both count from here on; it stands, and what it said was taken off the line.
    pub fn fence_from_here(&self) -> Box<dyn Fence> {
        let control = self.pump.control();
        let (rx, tx) = control.progress();
        Box::new(SimFence {
            now: control.now().0,
            rx,
            tx,
            control,
        })
    }

    /// Its processor.
    pub fn core(&self) -> Box<dyn CoreBackend> {
        Box::new(SimCore(self.pump.control()))
    }
}

/// How `pump-hil sim` serves a pump.
#[derive(Debug, Clone, Default)]
pub struct ServeOptions {
    /// What pump.
    pub pump: OpenOptions,
    /// Drugs that it knows besides its own.
    pub drugs: Vec<KnownDrug>,
    /// Pump seconds in a host second; 0 counts as 1.
    pub scale: u32,
    /// Becomes a link to the port for as long as the pump is served.
    pub link: Option<std::path::PathBuf>,
}

/// Serves a simulated pump on a PTY by the host's clock until `stop` is set; `ready` is told the port once it can be opened.
///
/// # Errors
/// There is no such defect, no PTY, or the link cannot be made.
pub fn serve(options: &ServeOptions, stop: &AtomicBool, ready: impl FnOnce(&Path)) -> Result<(), RigError> {
    let machine = machine(settings(&options.pump, &options.drugs)?, &options.pump)?;
    let link = options.link.as_deref();
    stub_sim::serve(machine, options.scale, link, stop, ready).map_err(|e| {
        LinkError::Open {
            port: link.map_or_else(|| "a PTY".to_owned(), safe_path),
            why: e.to_string(),
        }
        .into()
    })
}

/// What a simulated pump is made of.
fn settings(options: &OpenOptions, drugs: &[KnownDrug]) -> Result<MachineSettings, RigError> {
    let mut settings = MachineSettings {
        seed: options.seed,
        ..MachineSettings::default()
    };
    // The pump's clock counts from 2000-01-01, and has nothing before that.
    settings.plant.start_rtc_s = u64::try_from(options.start_s).unwrap_or(0);
    settings.pump.library = library(drugs);
    if let Some(name) = &options.defect {
        plant_defect(&mut settings, name)?;
    }
    Ok(settings)
}

/// The drugs that a pump knows: its own, and these, of which one of the same id stands for its own.
///
/// Firmware has its library in flash, for ever. So each one that was asked for is made once, and kept.
fn library(drugs: &[KnownDrug]) -> &'static [Drug] {
    static MADE: Mutex<BTreeMap<Vec<KnownDrug>, &'static [Drug]>> = Mutex::new(BTreeMap::new());
    if drugs.is_empty() {
        return &stub_sim::LIBRARY;
    }
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(drugs.to_vec()).or_insert_with(|| {
        let is_replaced = |own: &&Drug| drugs.iter().any(|drug| drug.id == own.name);
        let own = stub_sim::LIBRARY.iter().filter(|own| !is_replaced(own)).copied();
        Vec::leak(own.chain(drugs.iter().map(of_library)).collect())
    })
}

/// A drug as firmware has it.
fn of_library(drug: &KnownDrug) -> Drug {
    let whole = |number: i64| u64::try_from(number).unwrap_or(0);
    Drug {
        name: String::leak(drug.id.clone()),
        conc: NgPerMl(whole(drug.concentration.0)),
        soft_rate: NlPerDay(whole(drug.soft_rate.0)),
        hard_rate: NlPerDay(whole(drug.hard_rate.0)),
        soft_bolus: Nl(whole(drug.soft_bolus.0)),
        hard_bolus: Nl(whole(drug.hard_bolus.0)),
    }
}

/// A pump, which may be broken as a whole.
#[cfg(feature = "seeded-defects")]
fn machine(settings: MachineSettings, options: &OpenOptions) -> Result<Machine, FenceError> {
    let broken = options.defect.as_deref().and_then(stub_sim::Broken::from_name);
    let powered = || {
        let mut machine = Machine::new(settings);
        broken.into_iter().for_each(|broken| machine.break_it(broken));
        machine
    };
    stub_sim::catch(powered).map_err(panicked)
}

#[cfg(not(feature = "seeded-defects"))]
fn machine(settings: MachineSettings, _: &OpenOptions) -> Result<Machine, FenceError> {
    stub_sim::catch(|| Machine::new(settings)).map_err(panicked)
}

/// Firmware that panicked, as the crash record of a processor that stopped for good.
fn panicked(panicked: Panicked) -> FenceError {
    let mut crash = Crash::new(Why::Lockup);
    crash.stack.push(Frame {
        function: format!("a panic, `{}`", panicked.what),
        file: Some(panicked.file),
        line: Some(panicked.line),
        ..Frame::default()
    });
    crash.stack_end = "the simulator keeps no stack of what called it".to_owned();
    FenceError::Panicked(Box::new(crash))
}

/// Names of the defects that the stub pump can be built with.
#[cfg(feature = "seeded-defects")]
pub const SEEDED_DEFECTS: &[&str] = stub_sim::Defect::NAMES;

#[cfg(feature = "seeded-defects")]
fn plant_defect(settings: &mut MachineSettings, name: &str) -> Result<(), RigError> {
    if stub_sim::Broken::from_name(name).is_some() {
        return Ok(());
    }
    let defect = stub_sim::Defect::from_name(name).ok_or_else(|| RigError::Defect {
        name: name.to_owned(),
        why: format!(
            "the stub pump has {}; broken as a whole it can be {}",
            stub_sim::Defect::NAMES.join(", "),
            Vec::from_iter(stub_sim::Broken::names()).join(", ")
        ),
    })?;
    settings.pump.defect = Some(defect);
    Ok(())
}

#[cfg(not(feature = "seeded-defects"))]
fn plant_defect(_: &mut MachineSettings, name: &str) -> Result<(), RigError> {
    Err(RigError::Defect {
        name: name.to_owned(),
        why: "this build has none; build it with the feature `seeded-defects`".to_owned(),
    })
}

/// A pump's time, as it is counted by a rig that was opened at `now` of it, when so many bytes had come and gone.
struct SimFence {
    control: SimControl,
    now: u64,
    rx: u64,
    tx: u64,
}

impl std::fmt::Debug for SimFence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SimFence")
    }
}

impl Fence for SimFence {
    fn advance(&self, until_ms: u64, rx_total: u64, done: Box<dyn FnOnce(Advance) + Send>) -> Result<(), FenceError> {
        let (now, tx) = (self.now, self.tx);
        let tell = move |a: stub_sim::Advance| {
            done(Advance {
                now_ms: a.now.0.saturating_sub(now),
                tx_total: a.tx_total.saturating_sub(tx),
                stop: match a.stop {
                    stub_sim::Stop::Fence => Stop::Fence,
                    stub_sim::Stop::Output => Stop::Output,
                    stub_sim::Stop::Halted { .. } => Stop::Halted,
                },
            });
        };
        let until = stub_sim::Millis(until_ms.saturating_add(now));
        let rx_total = rx_total.saturating_add(self.rx);
        self.control
            .advance_with(until, rx_total, Box::new(tell))
            .map_err(|_| self.gone())
    }

    fn gone(&self) -> FenceError {
        self.control.panicked().map_or(FenceError::Gone, panicked)
    }

    fn take_back(&self) {
        self.control.take_back();
    }

    fn now_ms(&self) -> u64 {
        self.control.now().0.saturating_sub(self.now)
    }

    fn progress(&self) -> (u64, u64) {
        let (rx, tx) = self.control.progress();
        (rx.saturating_sub(self.rx), tx.saturating_sub(self.tx))
    }
}

struct SimCore(SimControl);

impl std::fmt::Debug for SimCore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SimCore")
    }
}

fn register(which: CoreRegister) -> Register {
    match which {
        CoreRegister::R(number) => Register::R(number),
        CoreRegister::Xpsr => Register::Xpsr,
    }
}

impl CoreBackend for SimCore {
    fn read(&mut self, addr: u32, into: &mut [u8]) -> Result<(), BusFault> {
        self.0.read(addr, into).map_err(|_| BusFault)
    }

    fn write(&mut self, addr: u32, bytes: &[u8]) -> Result<(), BusFault> {
        self.0.write(addr, bytes).map_err(|_| BusFault)
    }

    fn is_halted(&mut self) -> bool {
        self.0.is_halted()
    }

    fn halt(&mut self) {
        self.0.halt();
    }

    fn resume(&mut self) {
        self.0.resume();
    }

    fn step(&mut self) {
        self.0.step_instruction();
    }

    fn reset(&mut self, halt: bool) {
        self.0.reset(halt);
    }

    fn set_breakpoint(&mut self, addr: u32) {
        self.0.set_breakpoint(addr);
    }

    fn clear_breakpoint(&mut self, addr: u32) {
        self.0.clear_breakpoint(addr);
    }

    fn read_register(&mut self, which: CoreRegister) -> Option<u32> {
        self.0.register(register(which))
    }

    fn write_register(&mut self, which: CoreRegister, value: u32) -> bool {
        self.0.set_register(register(which), value)
    }
}
