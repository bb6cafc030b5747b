//! Which probe on USB is meant, as a rig file names it.

use std::fmt;

/// A probe on USB, and what it is wired to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsbAt {
    /// The chip, by its name in probe-rs.
    pub chip: String,
    /// Which probe; `None`: the only one that is there.
    pub selector: Option<Selector>,
    /// kHz of its clock line; `None`: the probe's own choice.
    pub speed_khz: Option<u32>,
}

/// Which of several devices on USB: `VID:PID` or `VID:PID:SERIAL`, hexadecimal but for the serial number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// Vendor.
    pub vid: u16,
    /// Product.
    pub pid: u16,
    /// Serial number.
    pub serial: Option<String>,
}

impl std::str::FromStr for Selector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A serial number may hold colons itself.
        let mut parts = text.splitn(3, ':');
        let mut number = || {
            let digits = parts
                .next()
                .filter(|part| part.len() == 4 && part.bytes().all(|b| b.is_ascii_hexdigit()))?;
            u16::from_str_radix(digits, 16).ok()
        };
        let ids = number().zip(number());
        let serial = parts.next().map(str::to_owned);
        match ids {
            Some((vid, pid)) if serial.as_deref() != Some("") => Ok(Self { vid, pid, serial }),
            _ => Err(format!(
                "`{text}` selects no probe: write `VID:PID` or `VID:PID:SERIAL`, such as \"0d28:0204\""
            )),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vid, self.pid)?;
        self.serial.iter().try_for_each(|serial| write!(f, ":{serial}"))
    }
}
