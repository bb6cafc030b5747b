//! Something wrong in a profile, at a path of keys.

use pump_hil_model::mistake::Mistake;

/// Something wrong at a path of keys.
#[derive(Debug)]
pub(crate) struct Mistaken {
    pub mistake: Mistake,
    pub path: Vec<String>,
    pub what: String,
}

/// Something is wrong at this path.
pub(crate) fn mistaken(mistake: Mistake, path: &[&str], what: String) -> Mistaken {
    Mistaken {
        mistake,
        path: path.iter().map(|s| (*s).to_owned()).collect(),
        what,
    }
}
