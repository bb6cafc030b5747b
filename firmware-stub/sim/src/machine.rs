//! One simulated pump: firmware, plant, line, memory and watchdog in one deterministic value.
//!
//! Time stands still between calls; [`Machine::run_until`] jumps from one deadline to the next. While the core is halted by a probe the pump's time stands
//! still as well, and with it plant and watchdog: a halt can never change a dose. What a chip has as well is in the bench; here is what the simulator has
//! in its place of a processor.

mod shell;

use stub_bench::Bench;
use stub_plant::PlantSettings;
use stub_pump::settings::Settings;
use stub_pump::units::Millis;

use self::shell::Shell;
use crate::block::SCRATCH_BYTES;
use crate::broken::Broken;

pub use stub_bench::WATCHDOG_MS;

/// What a machine is made of.
#[derive(Clone, Debug)]
pub struct MachineSettings {
    /// Seed of everything random: intermittent faults and serial noise.
    pub seed: u64,
    /// The firmware's limits and defaults.
    pub pump: Settings,
    /// The plant; its `start_rtc_s` is the civil time at first power.
    pub plant: PlantSettings,
}

impl Default for MachineSettings {
    fn default() -> Self {
        Self {
            seed: 1,
            pump: Settings::default(),
            plant: PlantSettings::default(),
        }
    }
}

/// Why [`Machine::run_until`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Time is where it was to run to.
    Fence,
    /// Bytes were sent at this instant, and everything that is due at it was done.
    Output,
    /// The core is halted; time stands where it was halted.
    Halted {
        /// Program counter.
        pc: u32,
    },
}

/// One simulated pump.
pub struct Machine {
    pub(crate) bench: Bench,
    pub(crate) shell: Shell,
    pub(crate) fence_ms: u64,
    pub(crate) rx_count: u32,
    pub(crate) scratch: [u8; SCRATCH_BYTES as usize],
}

impl Machine {
    /// A pump at its first power, at 0 ms.
    #[must_use]
    pub fn new(settings: MachineSettings) -> Self {
        let mut machine = Self {
            bench: Bench::new(settings.seed, settings.plant),
            shell: Shell::new(settings.pump),
            fence_ms: 0,
            rx_count: 0,
            scratch: [0; SCRATCH_BYTES as usize],
        };
        machine.bench.boot(&mut machine.shell);
        machine
    }

    /// The pump is broken as a whole from here on.
    pub fn break_it(&mut self, broken: Broken) {
        broken.step(self.now().0);
        self.shell.broken = Some(broken);
    }

    /// Where the pump's time is, in milliseconds since first power.
    #[must_use]
    pub fn now(&self) -> Millis {
        Millis(self.bench.now_ms())
    }

    /// When the machine next does something by itself; None while it is halted or without supply for good.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Millis> {
        let next_ms = self.bench.next_ms(&self.shell);
        (!self.is_halted() && next_ms < u64::MAX).then_some(Millis(next_ms))
    }

    /// Runs up to `until`, or to the end of the first instant in which bytes are sent, or to a breakpoint. A time that is past runs what is due now.
    pub fn run_until(&mut self, until: Millis) -> Stop {
        loop {
            if let Some(stop) = self.run_a_while(until, u32::MAX) {
                return stop;
            }
        }
    }

    /// As [`Self::run_until`], but at most so many steps of the firmware: `None` where that is not the end.
    pub fn run_a_while(&mut self, until: Millis, steps: u32) -> Option<Stop> {
        self.fence_ms = until.0;
        Some(match self.bench.run_a_while(&mut self.shell, until.0, steps)? {
            stub_bench::Stop::Fence => Stop::Fence,
            stub_bench::Stop::Output => Stop::Output,
            stub_bench::Stop::Halted => Stop::Halted {
                pc: self.shell.cpu.pc(),
            },
        })
    }

    /// Bytes arrive on the pump's line at the present instant and are answered at it. A processor that is halted, hung or without supply loses them.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.rx_count = self.rx_count.wrapping_add(bytes.len() as u32);
        let faults = self.bench.faults();
        if faults.spoils_line() {
            let spoilt: Vec<u8> = bytes.iter().map(|&byte| faults.receive(byte)).collect();
            self.bench.receive(&mut self.shell, &spoilt);
        } else {
            self.bench.receive(&mut self.shell, bytes);
        }
    }

    /// Moves the bytes that left the pump to the end of `into`.
    pub fn take_output(&mut self, into: &mut Vec<u8>) {
        into.append(&mut self.shell.out);
    }

    /// Whether bytes left the pump that were not taken yet.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.shell.out.is_empty()
    }
}
