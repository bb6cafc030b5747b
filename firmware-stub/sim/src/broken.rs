//! Pumps that are broken as a whole, so that a harness can be shown to come to an end with each, and to say whose fault it is. None is a slip in the
//! firmware's logic (those are seeded defects): here the processor or its end of the line does the wrong thing, from some time of the pump's on.

use stub_pump::line::crc16;

/// When those that begin well break, in milliseconds since first power.
const BREAKS_MS: u64 = 30 * 60_000;

/// How a pump is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The firmware goes round without end, and no time passes.
    GoesRound,
    /// It does so, and says something at each turn.
    TalksOn,
    /// It reads no request any more.
    Deaf,
    /// No checksum of what it says is right any more.
    Garbles,
    /// It reads no request, from its first power on.
    DeafFromTheBegin,
    /// No checksum of what it says is right, from its first power on.
    GarblesFromTheBegin,
    /// The firmware panics.
    Panics,
    /// It panics at its first power.
    PanicsAtPowerOn,
    /// It refuses every prescription.
    RefusesPrescriptions,
    /// It says a few bytes that are no line, once.
    Stutters,
    /// It says many bytes without an end whenever it makes a step.
    Babbles,
    /// It says many lines whenever it makes a step.
    BabblesLines,
}

impl Broken {
    const ALL: [(&str, Self); 12] = [
        ("goes-round", Self::GoesRound),
        ("talks-on", Self::TalksOn),
        ("deaf", Self::Deaf),
        ("garbles", Self::Garbles),
        ("deaf-from-the-begin", Self::DeafFromTheBegin),
        ("garbles-from-the-begin", Self::GarblesFromTheBegin),
        ("panics", Self::Panics),
        ("panics-at-power-on", Self::PanicsAtPowerOn),
        ("refuses-prescriptions", Self::RefusesPrescriptions),
        ("stutters", Self::Stutters),
        ("babbles", Self::Babbles),
        ("babbles-lines", Self::BabblesLines),
    ];

    /// The one of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, broken)| broken)
    }

    /// The names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().map(|(name, _)| name)
    }

    /// Whether the firmware is busy for ever.
    pub(crate) fn is_busy(self, now_ms: u64) -> bool {
        matches!(self, Self::GoesRound | Self::TalksOn) && now_ms >= BREAKS_MS
    }

    /// Whether what arrives is lost.
    pub(crate) fn is_deaf(self, now_ms: u64) -> bool {
        match self {
            Self::Deaf => now_ms >= BREAKS_MS,
            Self::DeafFromTheBegin => true,
            _ => false,
        }
    }

    /// Spoils what was said at this time.
    pub(crate) fn spoil(self, now_ms: u64, said: &mut [u8]) {
        let spoils = match self {
            Self::Garbles => now_ms >= BREAKS_MS,
            Self::GarblesFromTheBegin => true,
            _ => false,
        };
        if spoils {
            // The mark before a checksum stands nowhere else in a line.
            said.iter_mut()
                .filter(|byte| **byte == b'*')
                .for_each(|byte| *byte = b'+');
        }
    }

    /// Panics at a step of the firmware at this time, if that is how it is broken.
    pub(crate) fn step(self, now_ms: u64) {
        let panics = match self {
            Self::Panics => now_ms >= BREAKS_MS,
            Self::PanicsAtPowerOn => true,
            _ => false,
        };
        assert!(!panics, "this pump is made to panic");
    }

    /// What it says without being asked, at a step of the firmware; the one before was at `before_ms`.
    pub(crate) fn says(self, before_ms: u64, now_ms: u64) -> Vec<u8> {
        match self {
            Self::TalksOn if self.is_busy(now_ms) => b"what? ".to_vec(),
            Self::Stutters if before_ms < BREAKS_MS && now_ms >= BREAKS_MS => b"\xFF~\n".to_vec(),
            Self::Babbles if now_ms >= BREAKS_MS => vec![b'u'; 64 * 1024],
            Self::BabblesLines if now_ms >= BREAKS_MS => b"so to speak\r\n".repeat(1_000),
            _ => Vec::new(),
        }
    }

    /// The refusal of a line that commits a prescription.
    pub(crate) fn refusal(self, line: &[u8]) -> Option<Vec<u8>> {
        if self != Self::RefusesPrescriptions {
            return None;
        }
        let line = core::str::from_utf8(line).ok()?;
        let mut words = line.strip_prefix('#')?.split(' ');
        let seq = words.next()?;
        (words.next()? == "commit").then(|| {
            let reply = format!("={seq} err code=out-of-range");
            format!("{reply} *{:04X}\r\n", crc16(reply.as_bytes())).into_bytes()
        })
    }
}
