//! Stored records as bytes: little-endian fields, sealed by a CRC-32. A record that is too long or too short is an error, never a panic.

use crate::crc::Crc32;

/// Bytes of the seal behind a record.
pub(crate) const SEAL: usize = 4;

/// Writes fields into a buffer.
pub(crate) struct Writer<'a> {
    buf: &'a mut [u8],
    len: usize,
    full: bool,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(buf: &'a mut [u8]) -> Self {
        Self {
            buf,
            len: 0,
            full: false,
        }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        match self.buf.get_mut(self.len..self.len + bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.len += bytes.len();
            }
            None => self.full = true,
        }
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    /// `None` is written as the largest number, which no time or volume reaches.
    pub(crate) fn option(&mut self, value: Option<u64>) {
        self.u64(value.unwrap_or(u64::MAX));
    }

    /// Appends the CRC and gives the length, or `None` when the record did not fit.
    pub(crate) fn seal(mut self) -> Option<usize> {
        let crc = Crc32::of(self.buf.get(..self.len)?);
        self.u32(crc);
        (!self.full).then_some(self.len)
    }
}

/// Reads the fields of a sealed record.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Checks the seal.
    pub(crate) fn unseal(record: &'a [u8]) -> Option<Self> {
        let (bytes, seal) = record.split_at_checked(record.len().checked_sub(SEAL)?)?;
        (Crc32::of(bytes).to_le_bytes() == seal).then_some(Self { bytes })
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = tail;
        Some(*head)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    /// The inner `None` is a stored "none".
    pub(crate) fn option(&mut self) -> Option<Option<u64>> {
        self.u64().map(|value| (value != u64::MAX).then_some(value))
    }
}

/// An enum that is stored as its place in a fixed list. New variants go to the end of the list, so that old records stay readable.
pub(crate) trait Coded: Copy + PartialEq + 'static {
    /// All variants in stored order.
    const LIST: &'static [Self];

    fn code(self) -> u8 {
        Self::LIST
            .iter()
            .position(|&other| other == self)
            .map_or(u8::MAX, |at| at as u8)
    }

    fn from_code(code: u8) -> Option<Self> {
        Self::LIST.get(usize::from(code)).copied()
    }
}

macro_rules! coded {
    ($($kind:ty: $($variant:ident)*;)*) => {
        $(impl $crate::bytes::Coded for $kind { const LIST: &'static [Self] = &[$(Self::$variant),*]; })*
    };
}

use crate::io::{ResetReason, Tone};
use crate::vocabulary::{
    AlarmId, BolusEnd, BolusKind, Cause, Code, DoseCause, Life, Mode, PressureIs, RefusedVerb, SessionIs, State,
};

coded! {
    State: Stopped Running MinimumRate;
    Mode: None Continuous Flex Periodic Minimum;
    BolusKind: Patient Periodic Clinician Prime Bridge;
    BolusEnd: Complete Stopped Alarm Reset;
    SessionIs: Open Committed Aborted TimedOut;
    PressureIs: High Creeping Ambient Normal;
    Life: Ok Eri Eos Eol;
    Tone: Silent Critical NonCritical Test;
    ResetReason: PowerOn Watchdog BrownOut Software Debug;
    DoseCause: Start Stop Rate BolusStart BolusEnd Periodic Reset Refill State;
    RefusedVerb: Start PatientBolus Bolus Prime Bridge Commit Stage Refill ClearAlarm;
    Cause: Command Boot Occlusion CatheterDisconnection MotorStall ReservoirEmpty EndOfService EndOfLife BatteryReset MemoryError Watchdog
        Trial DoseLimit DoseLimitOver OverTemperature Heartbeat Prescription SelfTest;
    AlarmId: ReservoirEmpty EndOfService EndOfLife BatteryReset MotorStall RepeatedStall Occlusion CatheterDisconnection Stopped48h
        MemoryError WatchdogReset OverTemperature TrialEnded SelfTest ReservoirLow Eri MemoryRepaired PressureCreep DoseLimit SessionIdle
        RefillDiscrepancy ClockJump Magnet LogWriteFailed;
    Code: OutOfRange Wrap HardLimit SoftLimit UnknownDrug WrongConcentration NotUsed Missing Order NoSession SessionOpen CrcMismatch
        WriteFailed NoPrescription ReservoirEmpty EndOfService AlarmActive NotStopped Stopped Lockout Count MaxDose BolusActive NotAllowed
        StillPresent NoSuchAlarm Busy NoSpace SelfTest;
}
