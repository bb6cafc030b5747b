//! The protocol's names of the pump's values; each table is written once and read both ways where both are needed.

use crate::alarms::Priority;
use crate::bytes::Coded;
use crate::io::{ResetReason, Tone};
use crate::vocabulary::{
    AlarmId, BolusEnd, BolusKind, Cause, Code, DoseCause, Life, PressureIs, RefusedVerb, SessionIs, State,
};

pub use crate::field_text::mode_name as mode;

macro_rules! names {
    ($(#[$doc:meta])* $function:ident($type:ty) $($variant:ident $name:literal)*) => {
        $(#[$doc])*
        #[must_use]
        pub const fn $function(value: $type) -> &'static str {
            match value { $(<$type>::$variant => $name,)* }
        }
    };
}

names! { /// Name of a state.
state(State) Stopped "stopped" Running "running" MinimumRate "minimum-rate" }
names! { /// Name of a kind of bolus.
bolus_kind(BolusKind) Patient "patient" Periodic "periodic" Clinician "clinician" Prime "prime" Bridge "bridge" }
names! { /// Name of a battery's state of life.
life(Life) Ok "ok" Eri "eri" Eos "eos" Eol "eol" }
names! { /// Name of a tone.
tone(Tone) Silent "silent" Critical "critical" NonCritical "non-critical" Test "test" }
names! { /// Name of a reset reason.
reset_reason(ResetReason) PowerOn "power-on" Watchdog "watchdog" BrownOut "brown-out" Software "software" Debug "debug" }
names! { /// Name of what happened to a session.
session(SessionIs) Open "open" Committed "committed" Aborted "aborted" TimedOut "timed-out" }
names! { /// Name of how a bolus ended.
bolus_end(BolusEnd) Complete "complete" Stopped "stopped" Alarm "alarm" Reset "reset" }
names! { /// Name of a refused verb.
refused_verb(RefusedVerb) Start "start" PatientBolus "patient-bolus" Bolus "bolus" Prime "prime" Bridge "bridge" Commit "commit" Stage "stage"
Refill "refill" ClearAlarm "clear-alarm" }
names! { /// Name of what the pressure is.
pressure(PressureIs) High "high" Creeping "creeping" Ambient "ambient" Normal "normal" }
names! { /// Name of why a dose entry was written.
dose_cause(DoseCause) Start "start" Stop "stop" Rate "rate" BolusStart "bolus-start" BolusEnd "bolus-end" Periodic "periodic" Reset "reset"
Refill "refill" State "state" }
names! { /// Name of why the state changed.
cause(Cause) Command "command" Boot "boot" Occlusion "occlusion" CatheterDisconnection "catheter-disconnection" MotorStall "motor-stall"
ReservoirEmpty "reservoir-empty" EndOfService "end-of-service" EndOfLife "end-of-life" BatteryReset "battery-reset" MemoryError "memory-error"
Watchdog "watchdog" Trial "trial" DoseLimit "dose-limit" DoseLimitOver "dose-limit-over" OverTemperature "over-temperature"
Heartbeat "heartbeat" Prescription "prescription" SelfTest "self-test" }
names! { /// Name of an alarm.
alarm(AlarmId) ReservoirEmpty "reservoir-empty" EndOfService "end-of-service" EndOfLife "end-of-life" BatteryReset "battery-reset"
MotorStall "motor-stall" RepeatedStall "repeated-stall" Occlusion "occlusion" CatheterDisconnection "catheter-disconnection"
Stopped48h "stopped-48h" MemoryError "memory-error" WatchdogReset "watchdog-reset" OverTemperature "over-temperature" TrialEnded "trial-ended"
SelfTest "self-test" ReservoirLow "reservoir-low" Eri "eri" MemoryRepaired "memory-repaired" PressureCreep "pressure-creep"
DoseLimit "dose-limit" SessionIdle "session-idle" RefillDiscrepancy "refill-discrepancy" ClockJump "clock-jump" Magnet "magnet"
LogWriteFailed "log-write-failed" }
names! { /// Name of a refusal's reason.
code(Code) OutOfRange "out-of-range" Wrap "wrap" HardLimit "hard-limit" SoftLimit "soft-limit" UnknownDrug "unknown-drug"
WrongConcentration "wrong-concentration" NotUsed "not-used" Missing "missing" Order "order" NoSession "no-session" SessionOpen "session-open"
CrcMismatch "crc-mismatch" WriteFailed "write-failed" NoPrescription "no-prescription" ReservoirEmpty "reservoir-empty"
EndOfService "end-of-service" AlarmActive "alarm-active" NotStopped "not-stopped" Stopped "stopped" Lockout "lockout" Count "count"
MaxDose "max-dose" BolusActive "bolus-active" NotAllowed "not-allowed" StillPresent "still-present" NoSuchAlarm "no-such-alarm" Busy "busy"
NoSpace "no-space" SelfTest "self-test" }

/// The alarm of that name.
#[must_use]
pub fn alarm_by_name(name: &str) -> Option<AlarmId> {
    AlarmId::LIST.iter().copied().find(|&id| alarm(id) == name)
}

/// Priority of an alarm.
#[must_use]
pub const fn priority(id: AlarmId) -> &'static str {
    match id.priority() {
        Priority::Critical => "critical",
        Priority::NonCritical => "non-critical",
    }
}

/// `yes` or `no`.
#[must_use]
pub const fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}
