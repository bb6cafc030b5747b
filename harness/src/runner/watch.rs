//! Watched places: their values stand in the journal whenever time came to a stand and they changed.

use super::{Runner, Stopped};
use pump_hil_firmware::Place;
use pump_hil_model::event::Body;
use pump_hil_model::value::Value;

/// Changes that are noted in a run: a place that changes with every stroke must not drown ten years.
const NOTED_MAX: u32 = 20_000;

/// What is watched.
#[derive(Debug, Default)]
pub(super) struct Watched {
    places: Vec<(Place, Option<Value>)>,
    noted: u32,
}

impl Runner<'_> {
    /// Finds the places; nothing is read yet.
    pub(super) fn watch(&mut self) -> Result<(), Stopped> {
        for at in &self.case.watch {
            let place = self.rig.place(at)?;
            self.watched.places.push((place, None));
        }
        Ok(())
    }

    /// Notes what changed since the last time.
    pub(super) fn note_watched(&mut self) -> Result<(), Stopped> {
        for at in 0..self.watched.places.len() {
            // Nothing may stand in the way of making the pump safe.
            if self.leaving || self.watched.noted > NOTED_MAX {
                break;
            }
            let (place, before) = &self.watched.places[at];
            let value = self.rig.read_place(place)?;
            if before.as_ref() == Some(&value) {
                continue;
            }
            self.watched.noted += 1;
            let body = if self.watched.noted > NOTED_MAX {
                Body::WatchFull { noted: NOTED_MAX }
            } else {
                Body::Watched {
                    at: place.text.clone(),
                    of: place.type_name.clone(),
                    pump_t: self.rig.now(),
                    value: value.clone(),
                }
            };
            self.watched.places[at].1 = Some(value);
            self.note(body)?;
        }
        Ok(())
    }
}
