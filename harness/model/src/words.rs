//! The closed lists of words: states, alarms, events, reasons. They are those of `firmware-stub/PROTOCOL.md`; a device profile maps a
//! firmware's own words to them. The verbs are [`crate::case::Verb`].

/// Alarms that stop or endanger therapy.
pub const CRITICAL_ALARMS: &[&str] = &[
    "reservoir-empty",
    "end-of-service",
    "end-of-life",
    "battery-reset",
    "motor-stall",
    "repeated-stall",
    "occlusion",
    "catheter-disconnection",
    "stopped-48h",
    "memory-error",
    "watchdog-reset",
    "over-temperature",
    "trial-ended",
    "self-test",
];
/// Alarms that announce something.
pub const NON_CRITICAL_ALARMS: &[&str] = &[
    "reservoir-low",
    "eri",
    "memory-repaired",
    "pressure-creep",
    "dose-limit",
    "session-idle",
    "refill-discrepancy",
    "clock-jump",
    "magnet",
    "log-write-failed",
];
/// Priorities of alarms.
pub const PRIORITIES: &[&str] = &["critical", "non-critical"];
/// The priority of an alarm; `None` where it is none of ours.
#[must_use]
pub fn priority_of(alarm: &str) -> Option<&'static str> {
    let lists = PRIORITIES.iter().zip([CRITICAL_ALARMS, NON_CRITICAL_ALARMS]);
    lists
        .filter(|(_, alarms)| alarms.contains(&alarm))
        .map(|(priority, _)| *priority)
        .next()
}

/// States.
pub const STATES: &[&str] = &["stopped", "running", "minimum-rate"];
/// Modes that a pump tells.
pub const MODES: &[&str] = &["none", "continuous", "flex", "periodic", "minimum"];
/// Modes that can be programmed.
pub const RX_MODES: &[&str] = &["continuous", "flex", "periodic", "minimum"];
/// Boluses in progress.
pub const BOLUSES: &[&str] = &["none", "patient", "periodic", "clinician", "prime", "bridge"];
/// Kinds of events.
pub const EVENTS: &[&str] = &[
    "boot",
    "state",
    "rx",
    "session",
    "rate",
    "bolus-start",
    "bolus-end",
    "refused",
    "alarm",
    "alarm-clear",
    "muted",
    "unmuted",
    "tone",
    "stall",
    "stall-end",
    "magnet",
    "wake",
    "eri",
    "refill",
    "memory",
    "clock",
    "log-gap",
    "pressure",
];
/// Fields of each kind of event that has any.
pub const EVENT_FIELDS: &[(&str, &[&str])] = &[
    ("boot", &["reason"]),
    ("state", &["from", "to", "cause"]),
    ("rx", &["crc32"]),
    ("session", &["is"]),
    ("rate", &["rate"]),
    ("bolus-start", &["kind", "dose", "over"]),
    ("bolus-end", &["kind", "given", "cause"]),
    ("refused", &["verb", "code"]),
    ("alarm", &["id", "priority"]),
    ("alarm-clear", &["id"]),
    ("tone", &["kind"]),
    ("stall", &["strokes"]),
    ("stall-end", &["lost"]),
    ("magnet", &["is"]),
    ("eri", &["eos"]),
    ("refill", &["expected", "residual", "added"]),
    ("memory", &["copy", "is"]),
    ("clock", &["by"]),
    ("log-gap", &["lost"]),
    ("pressure", &["is"]),
];
/// Word of `refused` for a request that the pump may carry out or refuse: whether it was right is the oracle's to say.
pub const REFUSAL_ALLOWED: &str = "allowed";
/// Reasons that a pump refuses with; `any` stands for whichever, and `allowed` besides for none.
pub const REFUSALS: &[&str] = &[
    "any",
    REFUSAL_ALLOWED,
    "lockout",
    "count",
    "max-dose",
    "stopped",
    "bolus-active",
    "not-allowed",
    "alarm-active",
    "self-test",
    "no-prescription",
    "reservoir-empty",
    "end-of-service",
    "not-stopped",
    "still-present",
    "no-such-alarm",
    "session-open",
    "no-session",
    "crc-mismatch",
    "write-failed",
    "busy",
    "no-space",
    "missing",
    "not-used",
    "order",
    "wrong-unit",
    "not-a-number",
    "out-of-range",
    "wrap",
    "hard-limit",
    "soft-limit",
    "unknown-drug",
    "wrong-concentration",
    "unknown-key",
    "unknown-verb",
    "syntax",
    "crc",
    "crc-required",
    "too-long",
    "overrun",
];
/// Days: Monday first, as the pump counts them.
pub const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Capabilities of a rig, besides `fault:NAME` and the measures that only a test block shows.
pub const CAPABILITIES: &[&str] = &[
    "raw-serial",
    "virtual-time",
    "probe",
    "run-control",
    "symbols",
    "test-block",
];
/// What a pump may lack, besides measures and alarms: verbs that take one exchange, what a prescription is programmed by, what is read back or told unasked, and what
/// makes it safe.
pub const LACKS: &[&str] = &[
    "identify",
    "status",
    "totals",
    "read-prescription",
    "forecast",
    "start",
    "stop",
    "minimum-rate",
    "patient-bolus",
    "single-bolus",
    "prime-bolus",
    "bridge-bolus",
    "refill",
    "clear-alarm",
    "mute",
    "test-alarm",
    "set-clock",
    "log-every",
    "report-tones",
    "self-test",
    "program",
    "program-continuous",
    "program-flex",
    "program-periodic",
    "program-minimum",
    "read-back",
    "dose-log",
    "event-log",
    "events",
    "dose-entries",
    "unasked",
    "make-safe",
];
/// Symbols of the stub, in memory and in code.
pub const SYMBOLS: &[&str] = &[
    "PUMP_HIL_BLOCK",
    "prescription_copy_a",
    "prescription_copy_b",
    "scratch",
    "pump_step",
    "motor_stroke",
    "alarm_raise",
    "prescription_commit",
    "bolus_start",
];
/// Routes of a drug.
pub const ROUTES: &[&str] = &["intrathecal", "epidural"];
