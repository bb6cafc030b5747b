//! Firmware in QEMU.

use super::kind::{Contradiction, Keys, Opened, Order, Power, Pump, PumpKind, is_other, lacks_block, let_go};
use crate::agree;
use crate::clock::ClockKind;
use crate::error::RigError;
use crate::finding::Finding;
use crate::link::{self, Line};
use crate::listed::WrongKey;
use crate::probe::{Behind, Debug, ProbeAt};
use crate::qemu::{self, LEAVE, Machine, Process, QEMU, QemuAt, QemuError};
use crate::test_block::TestBlock;
use async_trait::async_trait;
use pump_hil_model::event::InFlash;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::safe_text::safe;
use std::path::Path;
use std::time::Duration;

pub static KIND: PumpKind = PumpKind {
    word: "qemu",
    keys: &["machine", "elf", "args"],
    described,
};

fn described(keys: Keys) -> Result<Box<dyn Pump>, WrongKey> {
    match (keys.machine, keys.elf) {
        (Some(machine), Some(elf)) => Ok(Box::new(QemuAt {
            machine,
            elf: Some(elf),
            args: keys.args.unwrap_or_default(),
        })),
        _ => Err(WrongKey::new(
            Mistake::MissingKey,
            "kind",
            "a pump of kind `qemu` needs its `machine` and `elf`, such as `machine: microbit, elf: pump.elf`",
        )),
    }
}

impl Power for Process {
    fn is_gone(&mut self) -> bool {
        self.gone(Duration::ZERO).is_some()
    }

    fn explain(&mut self, error: RigError) -> RigError {
        // Its sockets close before the process is gone.
        let wait = if error.is_loss() { LEAVE } else { Duration::ZERO };
        match self.gone(wait) {
            Some(how) => QemuError {
                what: format!("{}; run again", how.what),
                ..how
            }
            .into(),
            None => error,
        }
    }

    /// An emulated pump delivers nothing to anybody, and QEMU ends with the rig. That says nothing of the verdict.
    fn harmless(&mut self, hangs: bool) -> Option<&'static str> {
        if self.is_gone() {
            return Some(
                "the emulated pump is gone, or ends with a QEMU that does not answer: nothing is left to be made safe",
            );
        }
        hangs.then_some("the emulated pump hangs still, and ends with QEMU now")
    }
}

#[async_trait]
impl Pump for QemuAt {
    fn is_simulated(&self) -> bool {
        true
    }

    /// With arguments of its own QEMU starts any program, and opens any port.
    fn starts(&self) -> Option<String> {
        (!self.args.is_empty()).then(|| format!("{QEMU} {}", safe(&self.args.join(" "))))
    }

    fn contradicts(&self, clock: ClockKind, probe: Option<&ProbeAt>) -> Option<Contradiction> {
        if is_other(probe, "qemu") {
            return Some((["probe", "kind"], "a pump of kind `qemu` has the probe `qemu`"));
        }
        let what = "firmware in QEMU goes at the host's own pace; take `scale: 1`";
        let scaled = clock.scale().is_some_and(|scale| scale > 1);
        lacks_block(clock, probe).or(scaled.then_some((["clock", "scale"], what)))
    }

    fn elf(&self) -> Option<&Path> {
        self.elf.as_deref()
    }

    fn look(&self) -> Vec<Finding> {
        qemu::look(&self.machine)
    }

    /// QEMU puts back what it started with (`-kernel`) whenever it resets the chip: only where that is the same may it start with anything.
    fn is_flashed(&mut self, same: &dyn Fn(&Path) -> bool) {
        self.elf.take_if(|own| !same(own));
    }

    async fn open(&self, order: &Order<'_>) -> Result<Opened, RigError> {
        let (mut process, machine) = Process::start(self, order.limits.open).await?;
        let line = link::pipes(&process.line(), order.limits.write)?;
        match self.start(order, line, machine) {
            Ok(opened) => Ok(Opened {
                power: Box::new(process),
                ..opened
            }),
            Err(error) => Err(process.explain(error)),
        }
    }
}

impl QemuAt {
    /// Attaches to a machine, sees to its firmware, and lets it run.
    fn start(&self, order: &Order<'_>, line: Line, mut machine: Machine) -> Result<Opened, RigError> {
        let programs = order.firmware.is_some_and(|firmware| firmware.flash);
        if let Some(chip) = order.probe.and_then(|at| at.probe().chip()) {
            agree::in_qemu(&self.machine, &mut machine, chip, order.firmware)?;
        }
        let core = Box::new(machine);
        let mut debug = match order.probe {
            Some(at) => {
                let behind = Behind {
                    core: Some(core),
                    usb: order.usb,
                    programs,
                };
                at.probe().attach(behind)?.0
            }
            // It stands before its first instruction, and somebody must let it go.
            None => Debug::attach_virtual(core)?,
        };
        let clock = order.chip_clock();
        let firmware = match order.firmware {
            Some(firmware) if programs => Some(agree::look_into_flash(&mut debug, firmware, order.build)?),
            Some(firmware) => Some(agree::note(firmware, order.build, InFlash::Loaded, 0)),
            None => None,
        };
        if let (Some(addr), true) = (order.block, order.clock.is_granted()) {
            // Nothing is erased: a QEMU that was just started has no records of an earlier pump.
            TestBlock::prepare_first_power(&mut debug, addr, order.options, false)?;
        }
        let debug = match order.probe {
            Some(_) => {
                let_go(&mut debug)?;
                Some(debug)
            }
            // To detach lets it run.
            None => None,
        };
        Ok(Opened {
            line,
            clock,
            debug,
            port: None,
            firmware,
            new: true,
            on_a_wire: false,
            power: Box::new(()),
        })
    }
}
