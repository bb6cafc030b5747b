//! The lies that a hostile pump tells.

/// A lie, told once or from some time on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// A volume, rate or count of a dose entry is another.
    Dose,
    /// A word or number of an event is another.
    Event,
    /// A record is kept back, live and in the log.
    Kept,
    /// A record that is none.
    Invented,
    /// A request is answered with `ok`, and the pump never hears it.
    Forged,
    /// An answer says the contrary.
    Contrary,
    /// A field of a status or of the totals is another.
    Status,
    /// A number is one that no pump can have.
    Absurd,
    /// The pump does what nobody asked for.
    Own,
    /// The pump does what nobody asked for, and keeps back what it tells of it.
    Secret,
    /// From now on each record has another time.
    Clock,
    /// From now on nothing is said.
    Silent,
}

/// All of them.
pub const LIES: &[Lie] = &[
    Lie::Dose,
    Lie::Event,
    Lie::Kept,
    Lie::Invented,
    Lie::Forged,
    Lie::Contrary,
    Lie::Status,
    Lie::Absurd,
    Lie::Own,
    Lie::Secret,
    Lie::Clock,
    Lie::Silent,
];
