//! What a fault excuses: the questions that a verdict asks of every fault that is or was armed.
//!
//! Invariant: every fault answers every question in its row of the catalogue. There is no default and no list of names elsewhere: a fault that
//! excuses by not being named would loosen the oracle in silence.

/// The answers of one fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effects {
    /// The oracle's lower bounds.
    pub delivery: Delivery,
    /// The comparison of commanded strokes with reported ones.
    pub rotor: Rotor,
    /// The oracle's dues.
    pub deadlines: Deadlines,
    /// Gaps, garbled records and silence.
    pub talk: Talk,
    /// Where the bolus after an occlusion is counted from.
    pub tube: Tube,
    /// Starts that nobody asked for.
    pub restart: Restart,
    /// Records that its log lacks.
    pub log: Log,
}

/// Whether the pump's log has all that it told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// It does.
    Keeps,
    /// Records may be missing in it: what was lost on the line as well is not known.
    MayMiss,
}

/// Whether a pump may start again while the fault is armed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// It acts on nothing that the processor lives by: a start has another cause.
    Stays,
    /// It acts on the supply, the memory or the main loop.
    MayStart,
}

/// Whether a pump delivers all that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It reports what is due, to the stroke: the fault acts behind its motor, on the line, or not on delivery at all.
    Full,
    /// It may report less, by what was missing while the fault was armed and for the recovery after it. It may also command strokes again and again,
    /// so what the probe counts is not held to the nominal dose from then on; reconciliation still sees what those strokes moved. Never more.
    MayLack,
}

/// Whether each stroke that is commanded comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotor {
    /// It does: commanded and reported strokes agree.
    Turns,
    /// The rotor may stand, by the motor, by its supply or by the pressure in front of it: strokes may be commanded that the encoder does not confirm.
    MayStand,
}

/// Whether what is due comes in time: periodic boluses, and the alarm of a pump that is stopped for two days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadlines {
    /// In time: the fault acts on the line only, and no pump delivers later for that.
    Hold,
    /// It may come late, or not at all while the fault is armed.
    MayPass,
}

/// What comes of the talk over the line, from the best to the worst.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Talk {
    /// Each request is answered, each record arrives.
    #[default]
    Clear,
    /// The pump may be silent, because its processor stands or has no supply. What it says is whole, and no record is missing.
    Silent,
    /// Bytes are changed or lost: records may be missing or garbled, and requests stay without an answer.
    Broken,
}

/// What a fault does to the catheter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tube {
    /// It holds nothing back that would come at the fault's end.
    Open,
    /// It closes, and pressure builds behind: at the fault's end a bolus comes, which the measure `post-occlusion-bolus` counts from there.
    Closes,
}
