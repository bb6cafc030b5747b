//! Fields as `key=value` text, as the read-back shows them and as a commit's CRC-32 covers them.

use core::fmt::{self, Write as _};

use crate::command::{Day, Field};
use crate::crc::Crc32;
use crate::library::Drug;
use crate::vocabulary::Mode;

/// The protocol's names of the weekdays, Monday first.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A field that displays as `key=value`; a drug as its library id.
#[derive(Clone, Copy, Debug)]
pub struct FieldText<'a> {
    /// The field.
    pub field: Field,
    /// The library that knows the drug's id.
    pub library: &'a [Drug],
}

impl Field {
    /// The protocol's key.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Drug(_) => "drug",
            Self::Conc(_) => "conc",
            Self::Mode(_) => "mode",
            Self::Rate(_) => "rate",
            Self::Flex { .. } | Self::FlexClear => "flex",
            Self::Dose(_) => "dose",
            Self::Over(_) => "over",
            Self::Interval(_) => "interval",
            Self::PtmDose(_) => "ptm-dose",
            Self::PtmOver(_) => "ptm-over",
            Self::PtmLockout(_) => "ptm-lockout",
            Self::PtmCount(_) => "ptm-count",
            Self::PtmWindow(_) => "ptm-window",
            Self::PtmMax(_) => "ptm-max",
            Self::Low(_) => "low",
            Self::Catheter(_) => "catheter",
            Self::Tubing(_) => "tubing",
            Self::TrialTime(_) => "trial-time",
            Self::TrialDose(_) => "trial-dose",
            Self::SoftConfirm => "soft",
        }
    }
}

/// The protocol's name of a mode.
pub const fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::None => "none",
        Mode::Continuous => "continuous",
        Mode::Flex => "flex",
        Mode::Periodic => "periodic",
        Mode::Minimum => "minimum",
    }
}

impl fmt::Display for FieldText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.field.key())?;
        match self.field {
            Field::Drug(id) => f.write_str(self.library.get(usize::from(id.0)).map_or("unknown", |drug| drug.name)),
            Field::Conc(conc) => write!(f, "{}ng/ml", conc.0),
            Field::Mode(mode) => f.write_str(mode_name(mode)),
            Field::Rate(rate) => write!(f, "{}nl/d", rate.0),
            Field::Flex {
                day,
                index,
                minute,
                rate,
            } => {
                let day = match day {
                    Day::Daily => "daily",
                    Day::On(day) => DAYS.get(usize::from(day)).copied().unwrap_or("unknown"),
                };
                write!(f, "{day},{index},{minute}min,{}nl/d", rate.0)
            }
            Field::FlexClear => f.write_str("clear"),
            Field::Dose(volume)
            | Field::PtmDose(volume)
            | Field::PtmMax(volume)
            | Field::Low(volume)
            | Field::Catheter(volume)
            | Field::Tubing(volume)
            | Field::TrialDose(volume) => write!(f, "{}nl", volume.0),
            Field::Over(time)
            | Field::Interval(time)
            | Field::PtmOver(time)
            | Field::PtmLockout(time)
            | Field::PtmWindow(time)
            | Field::TrialTime(time) => write!(f, "{}s", time.0),
            Field::PtmCount(count) => write!(f, "{count}"),
            Field::SoftConfirm => f.write_str("confirm"),
        }
    }
}

/// CRC-32/ISO-HDLC over the fields' texts, each followed by LF.
pub fn crc32(fields: impl Iterator<Item = Field>, library: &[Drug]) -> u32 {
    let mut crc = Crc32::new();
    for field in fields {
        // Writing into a CRC never fails.
        let _ = writeln!(crc, "{}", FieldText { field, library });
    }
    crc.value()
}
