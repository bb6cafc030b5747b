//! Quantities as integers in one fixed unit each.

/// Milliseconds on the pump's own count since it was first powered; goes on across resets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u64);

/// A volume in nanolitres.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nl(pub u64);

/// A rate in nanolitres a day: holds both 0.5 mL/day and 0.1 mL/h exactly, which nanolitres an hour does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NlPerDay(pub u64);

/// A drug concentration in nanograms a millilitre.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NgPerMl(pub u64);

/// Seconds; also civil time as seconds since 2000-01-01T00:00:00 (a Saturday), without time zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub u64);

/// Milliseconds in a day.
pub const DAY_MS: u64 = 86_400_000;

/// A deadline that never comes, in milliseconds of the pump's count.
pub(crate) const NEVER: u64 = u64::MAX;
