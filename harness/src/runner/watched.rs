//! Watched places: their values stand in the journal whenever time came to a stand and they changed.

use super::recorded::RecordedRig;
use crate::safety::Stopped;
use pump_hil_firmware::MemoryPlace;
use pump_hil_model::event::Body;
use pump_hil_model::value::MemoryValue;

/// Changes that are noted in a run: a place that changes with every stroke must not drown ten years.
const NOTED_MAX: u32 = 20_000;

/// What is watched.
#[derive(Debug, Default)]
pub(super) struct Watched {
    places: Vec<(MemoryPlace, Option<MemoryValue>)>,
    noted: u32,
}

impl Watched {
    /// Finds the places, and notes what they hold.
    pub fn begin(&mut self, at: &mut RecordedRig<'_>, places: &[String]) -> Result<(), Stopped> {
        for place in places {
            self.places.push((at.rig().place(place)?, None));
        }
        self.note_changes(at)
    }

    /// Notes what changed since the last time.
    pub fn note_changes(&mut self, at: &mut RecordedRig<'_>) -> Result<(), Stopped> {
        for (place, before) in &mut self.places {
            // Nothing may stand in the way of making the pump safe.
            if at.record().is_leaving() || self.noted > NOTED_MAX {
                break;
            }
            let value = at.rig().read_place(place)?;
            if before.as_ref() == Some(&value) {
                continue;
            }
            self.noted += 1;
            *before = Some(value.clone());
            let body = if self.noted > NOTED_MAX {
                Body::WatchFull { noted: NOTED_MAX }
            } else {
                Body::Watched {
                    at: place.text.clone(),
                    of: place.type_name.clone(),
                    pump_t: at.rig().now(),
                    value,
                }
            };
            at.note(body)?;
        }
        Ok(())
    }
}
