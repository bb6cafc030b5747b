//! A debug probe without hardware: an Arm debug port with one AHB access port, in front of an emulated core.
//!
//! probe-rs is used unmodified: this implements the traits that its own drivers implement, at the level of port registers.

use super::backend::{BusFault, CoreBackend};
use super::scs::Scs;
use probe_rs::CoreStatus;
use probe_rs::architecture::arm::dp::DpRegisterAddress;
use probe_rs::architecture::arm::sequences::ArmDebugSequence;
use probe_rs::architecture::arm::{
    ArmCommunicationInterface, ArmDebugInterface, ArmError, DapError, DapProbe, RawDapAccess, RegisterAddress,
};
use probe_rs::probe::{DebugProbe, DebugProbeError, WireProtocol};
use std::sync::Arc;

/// An SW-DP of version 1.
const DPIDR: u32 = 0x2BA0_1477;
/// An AHB-AP, as in a Cortex-M4.
const AP_IDR: u32 = 0x2477_0011;
const CSW_DEVICE_EN: u32 = 1 << 6;
const CSW_SIZE: u32 = 0b111;
const CSW_INCREMENT: u32 = 0b11 << 4;
const CTRL_POWER_REQUESTS: u32 = 1 << 28 | 1 << 30;
const PIN_NRESET: u32 = 1 << 7;
/// TAR counts up inside a block of so many bytes: more than ten bits no access port is bound to count (Arm Debug Interface v5, MEM-AP, TAR). probe-rs knows
/// that, and writes TAR anew at its end.
const TAR_WRAP: u32 = 0x400;

/// The virtual probe.
#[derive(Debug)]
pub(super) struct VirtualProbe {
    core: Scs,
    select: u32,
    ctrl: u32,
    csw: u32,
    tar: u32,
    /// Last value that an access port gave.
    read_buffer: u32,
    in_reset: bool,
    speed_khz: u32,
}

impl VirtualProbe {
    pub fn new(backend: Box<dyn CoreBackend>) -> Self {
        Self {
            core: Scs::new(backend),
            select: 0,
            ctrl: 0,
            // 0b010 of CSW.Size: words (Arm Debug Interface v5, MEM-AP, CSW).
            csw: CSW_DEVICE_EN | 0b010,
            tar: 0,
            read_buffer: 0,
            in_reset: false,
            speed_khz: 4_000,
        }
    }

    fn set_reset_pin(&mut self, asserted: bool) {
        // A core begins when its reset pin is let go, not when it is pulled.
        if self.in_reset && !asserted {
            self.core.reset();
        }
        self.in_reset = asserted;
    }

    /// The bus's answer as a port gives it; the sticky error is cleared with it, as nobody else would. Where nobody is there to answer, that.
    fn refused(&self, _: BusFault) -> ArmError {
        self.broken().unwrap_or(ArmError::Dap(DapError::FaultResponse))
    }

    fn broken(&self) -> Option<ArmError> {
        let why = self.core.trouble()?;
        Some(ArmError::Probe(DebugProbeError::Other(why)))
    }

    /// Register of the selected access port; there is only port 0.
    fn ap_register(&self, a: u8) -> Option<u8> {
        (self.select >> 24 == 0).then_some((self.select & 0xF0) as u8 | (a & 0xC))
    }

    fn read_ap(&mut self, a: u8) -> Result<u32, ArmError> {
        let value = match self.ap_register(a) {
            Some(0x00) => self.csw,
            Some(0x04) => self.tar,
            Some(0x0C) => self.transfer_in()?,
            // BD0 to BD3: the four words at TAR without its low four bits (Arm Debug Interface v5, MEM-AP, "Banked Data").
            Some(banked @ 0x10..=0x1C) => self.banked_read(banked)?,
            Some(0xFC) => AP_IDR,
            // An access port whose IDR reads 0 is not there: so probe-rs finds no other than port 0.
            _ => 0,
        };
        self.read_buffer = value;
        Ok(value)
    }

    fn write_ap(&mut self, a: u8, value: u32) -> Result<(), ArmError> {
        match self.ap_register(a) {
            Some(0x00) => self.csw = value & !CSW_INCREMENT | self.increment_of(value) | CSW_DEVICE_EN,
            Some(0x04) => self.tar = value,
            Some(0x0C) => self.transfer_out(value)?,
            Some(banked @ 0x10..=0x1C) => {
                let addr = self.tar & !0xF | u32::from(banked & 0xC);
                self.core
                    .write(addr, &value.to_le_bytes())
                    .map_err(|fault| self.refused(fault))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Packed transfers are not built in: what asks for them gets single ones.
    fn increment_of(&self, csw: u32) -> u32 {
        if csw & CSW_INCREMENT == 0 { 0 } else { 1 << 4 }
    }

    fn banked_read(&mut self, banked: u8) -> Result<u32, ArmError> {
        let mut bytes = [0; 4];
        let addr = self.tar & !0xF | u32::from(banked & 0xC);
        self.core.read(addr, &mut bytes).map_err(|fault| self.refused(fault))?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// Bytes of one transfer.
    fn size(&self) -> usize {
        // Larger ones than a word are an option of the standard that this port has not.
        1 << (self.csw & CSW_SIZE).min(2)
    }

    fn count_up(&mut self) {
        if self.csw & CSW_INCREMENT != 0 {
            let step = self.size() as u32;
            self.tar = self.tar & !(TAR_WRAP - 1) | self.tar.wrapping_add(step) & (TAR_WRAP - 1);
        }
    }

    /// Data shorter than a word sits in the byte lanes of its address.
    fn transfer_in(&mut self) -> Result<u32, ArmError> {
        let (size, lane) = (self.size(), (self.tar & 3) as usize);
        let lane = lane & !(size - 1);
        let mut word = [0; 4];
        let addr = self.tar & !(size as u32 - 1);
        self.core
            .read(addr, &mut word[lane..lane + size])
            .map_err(|fault| self.refused(fault))?;
        self.count_up();
        Ok(u32::from_le_bytes(word))
    }

    fn transfer_out(&mut self, value: u32) -> Result<(), ArmError> {
        let (size, lane) = (self.size(), (self.tar & 3) as usize);
        let lane = lane & !(size - 1);
        let word = value.to_le_bytes();
        let addr = self.tar & !(size as u32 - 1);
        self.core
            .write(addr, &word[lane..lane + size])
            .map_err(|fault| self.refused(fault))?;
        self.count_up();
        Ok(())
    }

    /// Words that one access of the core may take at once: as many as TAR counts without wrapping.
    fn run(&self, left: usize) -> usize {
        let room = (TAR_WRAP - (self.tar & (TAR_WRAP - 1))) as usize / 4;
        left.min(room)
    }

    /// A block transfer of words that count up; anything else goes word by word.
    fn is_block(&self, address: &RegisterAddress) -> bool {
        let drw = matches!(address, RegisterAddress::ApRegister(a) if self.ap_register(*a) == Some(0x0C));
        drw && self.size() == 4 && self.csw & CSW_INCREMENT != 0 && self.tar & 3 == 0
    }

    fn advance(&mut self, words: usize) {
        let step = (words * 4) as u32;
        self.tar = self.tar & !(TAR_WRAP - 1) | self.tar.wrapping_add(step) & (TAR_WRAP - 1);
    }
}

impl RawDapAccess for VirtualProbe {
    fn raw_read_register(&mut self, address: RegisterAddress) -> Result<u32, ArmError> {
        match address {
            RegisterAddress::ApRegister(a) => self.read_ap(a),
            RegisterAddress::DpRegister(DpRegisterAddress { address, .. }) => {
                if let Some(error) = self.broken() {
                    return Err(error);
                }
                Ok(match (address & 0xC, self.select & 0xF) {
                    (0x0, _) => DPIDR,
                    // CTRL/STAT: each power-up acknowledge is the bit above its request, and is there at once.
                    (0x4, 0) => self.ctrl | (self.ctrl & CTRL_POWER_REQUESTS) << 1,
                    (0xC, _) => self.read_buffer,
                    _ => 0,
                })
            }
        }
    }

    fn raw_write_register(&mut self, address: RegisterAddress, value: u32) -> Result<(), ArmError> {
        match address {
            RegisterAddress::ApRegister(a) => self.write_ap(a, value),
            RegisterAddress::DpRegister(DpRegisterAddress { address, .. }) => {
                match (address & 0xC, self.select & 0xF) {
                    (0x4, 0) => self.ctrl = value & CTRL_POWER_REQUESTS,
                    (0x8, _) => self.select = value,
                    _ => {}
                }
                Ok(())
            }
        }
    }

    fn raw_read_block(&mut self, address: RegisterAddress, values: &mut [u32]) -> Result<(), ArmError> {
        let mut rest = values;
        while !rest.is_empty() {
            if !self.is_block(&address) {
                rest[0] = self.raw_read_register(address)?;
                rest = &mut rest[1..];
                continue;
            }
            let (now, later) = rest.split_at_mut(self.run(rest.len()));
            let mut bytes = vec![0; now.len() * 4];
            self.core
                .read(self.tar, &mut bytes)
                .map_err(|fault| self.refused(fault))?;
            for (value, word) in now.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *value = u32::from_le_bytes(*word);
            }
            self.advance(now.len());
            rest = later;
        }
        Ok(())
    }

    fn raw_write_block(&mut self, address: RegisterAddress, values: &[u32]) -> Result<(), ArmError> {
        let mut rest = values;
        while !rest.is_empty() {
            if !self.is_block(&address) {
                self.raw_write_register(address, rest[0])?;
                rest = &rest[1..];
                continue;
            }
            let (now, later) = rest.split_at(self.run(rest.len()));
            let bytes: Vec<u8> = now.iter().flat_map(|value| value.to_le_bytes()).collect();
            self.core.write(self.tar, &bytes).map_err(|fault| self.refused(fault))?;
            self.advance(now.len());
            rest = later;
        }
        Ok(())
    }

    fn jtag_sequence(&mut self, _: u8, _: bool, _: u64) -> Result<(), DebugProbeError> {
        Err(DebugProbeError::UnsupportedProtocol(WireProtocol::Jtag))
    }

    // The way from JTAG to SWD, and resets of the line: there is no line to be switched.
    fn swj_sequence(&mut self, _: u8, _: u64) -> Result<(), DebugProbeError> {
        Ok(())
    }

    fn swj_pins(&mut self, pin_out: u32, pin_select: u32, _: u32) -> Result<u32, DebugProbeError> {
        if pin_select & PIN_NRESET != 0 {
            self.set_reset_pin(pin_out & PIN_NRESET == 0);
        }
        Ok(if self.in_reset { 0 } else { PIN_NRESET })
    }

    fn into_probe(self: Box<Self>) -> Box<dyn DebugProbe> {
        self
    }

    fn core_status_notification(&mut self, _: CoreStatus) -> Result<(), DebugProbeError> {
        Ok(())
    }
}

impl DapProbe for VirtualProbe {}

impl DebugProbe for VirtualProbe {
    fn get_name(&self) -> &str {
        "pump-hil virtual probe"
    }

    fn speed_khz(&self) -> u32 {
        self.speed_khz
    }

    fn set_speed(&mut self, speed_khz: u32) -> Result<u32, DebugProbeError> {
        self.speed_khz = speed_khz;
        Ok(speed_khz)
    }

    fn attach(&mut self) -> Result<(), DebugProbeError> {
        Ok(())
    }

    fn detach(&mut self) -> Result<(), probe_rs::Error> {
        Ok(())
    }

    fn target_reset(&mut self) -> Result<(), DebugProbeError> {
        self.core.reset();
        Ok(())
    }

    fn target_reset_assert(&mut self) -> Result<(), DebugProbeError> {
        self.set_reset_pin(true);
        Ok(())
    }

    fn target_reset_deassert(&mut self) -> Result<(), DebugProbeError> {
        self.set_reset_pin(false);
        Ok(())
    }

    fn select_protocol(&mut self, protocol: WireProtocol) -> Result<(), DebugProbeError> {
        match protocol {
            WireProtocol::Swd => Ok(()),
            other => Err(DebugProbeError::UnsupportedProtocol(other)),
        }
    }

    fn active_protocol(&self) -> Option<WireProtocol> {
        // `None` is an error for probe-rs.
        Some(WireProtocol::Swd)
    }

    fn has_arm_interface(&self) -> bool {
        true
    }

    fn try_get_arm_debug_interface<'probe>(
        self: Box<Self>,
        sequence: Arc<dyn ArmDebugSequence>,
    ) -> Result<Box<dyn ArmDebugInterface + 'probe>, (Box<dyn DebugProbe>, ArmError)> {
        // Without overrun detection: every access here is done when it returns.
        Ok(ArmCommunicationInterface::create(self, sequence, false))
    }

    fn into_probe(self: Box<Self>) -> Box<dyn DebugProbe> {
        self
    }

    fn try_as_dap_probe(&mut self) -> Option<&mut dyn DapProbe> {
        Some(self)
    }
}
