//! The instruments of a rig's file, as they are written.

use super::instrument::InstrumentAt;
use super::link::{Address, Kind, LinkAt, Parity, Settings};
use pump_hil_model::diagnostic::WrongFile;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::Mass;
use pump_hil_model::yaml::document::Document;
use pump_hil_model::yaml::quantity::mistake_of;
use pump_hil_talk::device::{DeviceKind, Profile};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// By how much a mass may be off, where a rig file says nothing: the last place of a plain laboratory balance.
const RESOLUTION: Mass = Mass(1_000_000);

/// An instrument beside the pump.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "an instrument"))]
pub(super) struct RawInstrument {
    /// How it talks: a device profile of the kind `balance`, by its name or by a path relative to this file.
    pub device: String,
    /// Where its line leads to, as `port` of a pump.
    pub port: String,
    /// Bits a second of a serial port.
    #[serde(default)]
    pub baud: Option<u32>,
    /// Bits of a character, 7 or 8. Default: 8.
    #[serde(default)]
    pub data_bits: Option<u8>,
    /// Default: `none`.
    #[serde(default)]
    pub parity: Option<Parity>,
    /// 1 or 2. Default: 1.
    #[serde(default)]
    pub stop_bits: Option<u8>,
    /// By how much a mass may be off, such as `0.1 mg`. Default: 1 mg.
    #[serde(default)]
    pub resolution: Option<String>,
}

impl RawInstrument {
    /// The instrument, with the profile that it names.
    pub fn validated(&self, name: &str, profile: Profile, document: &Document) -> Result<InstrumentAt, WrongFile> {
        let wrong =
            |mistake: Mistake, key: &str, what: String| document.wrong(mistake, &["instruments", name, key], what);
        if profile.kind != DeviceKind::Balance {
            let what = format!(
                "device `{}` is no instrument: its profile has no `kind: balance`",
                profile.device
            );
            return Err(wrong(Mistake::Reference, "device", what));
        }
        let address = Address::parse(&self.port).map_err(|what| wrong(Mistake::Format, "port", what))?;
        let kind = address.kind();
        if kind == Kind::Serial && self.baud.is_none_or(|baud| baud == 0) {
            let what = "a serial port needs its `baud`, such as `baud: 9600`".to_owned();
            return Err(wrong(Mistake::MissingKey, "port", what));
        }
        let settings = Settings {
            baud: self.baud,
            data_bits: self.data_bits,
            parity: self.parity,
            stop_bits: self.stop_bits,
            ..Settings::default()
        };
        if let (false, Some(key)) = (kind.is_serial(), settings.said().first()) {
            let what = format!("{} has no `{key}`: whoever has the port sets it", kind.words());
            return Err(wrong(Mistake::KeyCombination, key, what));
        }
        let resolution = self.resolution.as_deref().map_or(Ok(RESOLUTION), str::parse);
        let resolution: Mass = resolution.map_err(|e| wrong(mistake_of(&e), "resolution", format!("{e}")))?;
        if resolution.0 <= 0 {
            let what = "`resolution` must be more than 0".to_owned();
            return Err(wrong(Mistake::Range, "resolution", what));
        }
        Ok(InstrumentAt {
            name: name.to_owned(),
            resolution,
            profile: Arc::new(profile),
            at: LinkAt { address, settings },
        })
    }
}
