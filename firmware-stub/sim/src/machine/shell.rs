//! The simulated processor with the firmware in it, and the pump's end of the serial line.

use stub_bench::Faults;
use stub_pump::Pump;
use stub_pump::io::{Input, Output, ResetReason};
use stub_pump::line::{Identity, LineServer};
use stub_pump::nv::Slot;
use stub_pump::record::{Event, What};
use stub_pump::settings::Settings;
use stub_pump::units::{Millis, Nl};
use stub_pump::vocabulary::Cause;

use crate::broken::Broken;
use crate::cpu::{Cpu, symbol};
use crate::nv::MemoryNv;

/// Transmit queue of the simulated pump: a log page of 64 lines need not fit, its lines wait.
const TX_BYTES: usize = 4096;

const IDENTITY: Identity = Identity {
    model: "stub-it20",
    serial: "SN000001",
    build: "sim",
};

/// The processor: running firmware, or held in reset with only the lasting memory left.
// One machine holds one of these: that the variants differ in size costs nothing.
#[allow(clippy::large_enum_variant)]
enum Core {
    Up(Pump<MemoryNv>),
    Down(MemoryNv),
}

pub(crate) struct Shell {
    settings: Settings,
    core: Core,
    line: LineServer<TX_BYTES>,
    pub(crate) cpu: Cpu,
    /// Bytes that left the pump and were not taken yet.
    pub(super) out: Vec<u8>,
    pub(crate) tx_count: u32,
    /// How it is broken.
    pub(super) broken: Option<Broken>,
    /// When the firmware made its last step.
    now: Millis,
}

impl Shell {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            core: Core::Down(MemoryNv::default()),
            line: LineServer::new(IDENTITY),
            cpu: Cpu::new(),
            out: Vec::new(),
            tx_count: 0,
            broken: None,
            now: Millis(0),
        }
    }

    pub(crate) fn nv(&self) -> &MemoryNv {
        match &self.core {
            Core::Up(pump) => pump.nv(),
            Core::Down(nv) => nv,
        }
    }

    pub(crate) fn nv_mut(&mut self) -> &mut MemoryNv {
        match &mut self.core {
            Core::Up(pump) => pump.nv_mut(),
            Core::Down(nv) => nv,
        }
    }

    /// The firmware makes a step: what one that is broken says without being asked.
    fn breaks_out(&mut self, now: Millis) {
        let before = std::mem::replace(&mut self.now, now).0;
        if let Some(broken) = self.broken {
            broken.step(now.0);
            self.out.extend(broken.says(before, now.0));
        }
    }

    /// Halts at `addr` if a breakpoint stands there that was not passed.
    fn break_here(&mut self, addr: u32) -> bool {
        let breaks = self.cpu.has_breakpoints() && self.cpu.breaks_at(addr) && !self.cpu.passed;
        if breaks {
            self.cpu.halt_at(addr);
        }
        breaks
    }
}

impl stub_bench::Shell for Shell {
    fn is_halted(&self) -> bool {
        self.cpu.halted
    }

    fn has_output(&self) -> bool {
        !self.out.is_empty()
    }

    #[inline]
    fn next_deadline(&self) -> Millis {
        if self.broken.is_some_and(|broken| broken.is_busy(self.now.0)) {
            return Millis(0);
        }
        match &self.core {
            Core::Up(pump) => pump.next_deadline(),
            Core::Down(_) => Millis(u64::MAX),
        }
    }

    fn may_step(&mut self) -> bool {
        let breaks = self.break_here(symbol::PUMP_STEP);
        if !breaks {
            self.cpu.passed = false;
        }
        !breaks
    }

    #[inline]
    fn step(&mut self, now: Millis, input: &Input) -> Output {
        self.breaks_out(now);
        match &mut self.core {
            Core::Up(pump) => pump.step(now, input),
            Core::Down(_) => Output::default(),
        }
    }

    fn stroke_began(&mut self) {
        self.break_here(symbol::MOTOR_STROKE);
    }

    #[inline]
    fn speak(&mut self, faults: &mut Faults) {
        let Core::Up(pump) = &mut self.core else { return };
        if self.line.is_idle(pump) {
            return;
        }
        let watch = self.cpu.has_breakpoints();
        let mut came_to = None;
        loop {
            self.line.poll(pump, |event| {
                if watch {
                    came_to = came_to.or_else(|| symbol_of(event).filter(|&addr| self.cpu.breaks_at(addr)));
                }
            });
            let count = self.line.front().len();
            if count == 0 {
                break;
            }
            let before = self.out.len();
            faults.transmit(self.line.front(), |bytes| self.out.extend_from_slice(bytes));
            if let Some(broken) = self.broken {
                broken.spoil(self.now.0, &mut self.out[before..]);
            }
            self.tx_count = self.tx_count.wrapping_add((self.out.len() - before) as u32);
            self.line.sent(count);
        }
        if let Some(addr) = came_to {
            self.cpu.halt_at(addr);
        }
    }

    fn receive(&mut self, now: Millis, bytes: &[u8]) -> (usize, Option<Nl>) {
        if let Some(broken) = self.broken {
            self.now = now;
            let refusal = broken.refusal(bytes);
            if broken.is_deaf(now.0) || refusal.is_some() {
                self.out.extend(refusal.unwrap_or_default());
                return (bytes.len(), None);
            }
        }
        let Core::Up(pump) = &mut self.core else {
            return (bytes.len(), None);
        };
        let taken = self.line.receive(now, bytes, pump);
        (taken, self.line.take_refill())
    }

    fn go_safe(&mut self, now: Millis, cause: Cause) {
        if let Core::Up(pump) = &mut self.core {
            pump.go_safe(now, cause);
        }
    }

    fn boot(&mut self, now: Millis, reason: ResetReason, _refusing_writes: bool) -> Millis {
        // The memory itself refuses: it was told so and does not forget it.
        let nv = core::mem::take(self.nv_mut());
        self.cpu.set_pc(symbol::IDLE);
        self.core = Core::Up(Pump::boot(self.settings, nv, now, reason));
        now
    }

    fn stop(&mut self, _reason: ResetReason) {
        self.line = LineServer::new(IDENTITY);
        self.cpu.reset();
        let nv = core::mem::take(self.nv_mut());
        self.core = Core::Down(nv);
    }

    fn flip(&mut self, slot: Slot, bit: usize) -> Result<(), usize> {
        let Some(record) = self.nv_mut().record_mut(slot) else {
            return Err(0);
        };
        let bits = record.len() * 8;
        let byte = record.get_mut(bit / 8).ok_or(bits)?;
        *byte ^= 1 << (bit % 8);
        Ok(())
    }

    fn refuse_writes(&mut self, refuse: bool) {
        self.nv_mut().refuse_writes(refuse);
    }

    fn refused_writes(&self) -> u32 {
        self.nv().refused()
    }
}

/// Where in the image an event comes from.
fn symbol_of(event: &Event) -> Option<u32> {
    match event.what {
        What::Alarm { .. } => Some(symbol::ALARM_RAISE),
        What::Rx { .. } => Some(symbol::PRESCRIPTION_COMMIT),
        What::BolusStart { .. } => Some(symbol::BOLUS_START),
        _ => None,
    }
}
