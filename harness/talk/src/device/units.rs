//! The units of a profile, by their texts.

use super::profile::NumberAt;
use super::raw_told::RawNumber;
use crate::messages::Unit;
use crate::protocol::{Mistaken as Wrong, mistaken as wrong};
use pump_hil_model::mistake::Mistake;
use std::collections::BTreeMap;

/// The units of a profile, by their texts.
pub(super) struct Units(BTreeMap<String, Unit>);

impl Units {
    pub fn new(raw: &BTreeMap<String, String>) -> Result<Self, Wrong> {
        let mut units = BTreeMap::new();
        for (suffix, is) in raw {
            let unit = Unit::new(suffix, is).ok_or_else(|| {
                wrong(
                    Mistake::Unit,
                    &["units", suffix],
                    format!("`{is}` is not a quantity above 0; say what one `{suffix}` is, such as `1 nL`"),
                )
            })?;
            units.insert(suffix.clone(), unit);
        }
        Ok(Self(units))
    }

    /// All of them.
    pub fn by_text(&self) -> BTreeMap<String, Unit> {
        self.0.clone()
    }

    pub fn get(&self, path: &[&str], name: Option<&str>) -> Result<Unit, Wrong> {
        let Some(name) = name else {
            return Ok(Unit::count());
        };
        self.0.get(name).cloned().ok_or_else(|| {
            let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
            // The unit's own name is the last step of the path, so that the caret stands under it and not under the whole field.
            let mut path = path.to_vec();
            path.push(name);
            wrong(
                Mistake::Unit,
                &path,
                format!("unknown unit `{name}`; `units` has {}", known.join(", ")),
            )
        })
    }

    pub fn number(&self, path: &[&str], raw: RawNumber) -> Result<NumberAt, Wrong> {
        Ok(NumberAt {
            unit: self.get(path, raw.unit.as_deref())?,
            key: raw.key,
        })
    }
}
