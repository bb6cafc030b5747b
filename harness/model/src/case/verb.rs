//! The table of verbs: what a pump can be asked, in which word, and with which arguments.
//!
//! All that knows a verb takes it from here: `do` in scenarios with its schema and its help, the device profiles, the session, and the judge.
//! A new verb is a row of [`verbs!`] and a variant of [`Request`]; one without the other does not compile.

use super::Request;
use crate::quantity::{Rate, Span, Volume};
use schemars::JsonSchema;
use serde::Deserialize;
use std::fmt;

/// Where a device profile says how a verb is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Under `requests`: it takes one exchange.
    Requests,
    /// Under `programming`: it is a session of several exchanges, or a part of one.
    Programming,
    /// Under `logs`: it takes an exchange for each page.
    Logs,
    /// Under `own`: only some devices have it.
    Own,
}

/// The value of an argument. A time is a span, and `Date` counts seconds since 2000-01-01T00:00:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ArgValue<'a> {
    Volume(Volume),
    Rate(Rate),
    Time(Span),
    Date(i64),
    Word(&'a str),
    Switch(bool),
}

/// What reads the arguments of a verb, each as what it is. It tells by itself what is wrong with one, and gives `None` for it.
#[allow(
    missing_docs,
    reason = "the names say it; `dose` is a volume that may be written as a mass"
)]
pub trait ReadArgs {
    fn is_given(&self, arg: Arg) -> bool;
    fn dose(&mut self, arg: Arg) -> Option<Volume>;
    fn volume(&mut self, arg: Arg) -> Option<Volume>;
    fn rate(&mut self, arg: Arg) -> Option<Rate>;
    fn time(&mut self, arg: Arg) -> Option<Span>;
    /// Seconds since 2000-01-01T00:00:00.
    fn date(&mut self, arg: Arg) -> Option<i64>;
    /// A word of the list that is named as the argument is.
    fn word(&mut self, arg: Arg) -> Option<String>;
    fn switch(&mut self, arg: Arg) -> Option<bool>;
}

macro_rules! arguments {
    ($($arg:ident $word:literal $example:literal;)*) => {
        /// Arguments of requests.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
        #[allow(missing_docs, reason = "as in `Request`")]
        #[schemars(extend("x-word" = "argument"))]
        pub enum Arg { $(#[serde(rename = $word)] $arg,)* }

        impl Arg {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$arg),*];

            /// Its name in scenarios and device profiles.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$arg => $word,)* }
            }

            /// What it looks like, for help.
            #[must_use]
            pub const fn example(self) -> &'static str {
                match self { $(Self::$arg => $example,)* }
            }
        }
    };
}

macro_rules! verbs {
    (
        do { $(
            $verb:ident $word:literal $section:ident
            $(must [$($must:ident = $must_arg:ident: $must_kind:ident),+])?
            $(may [$($may:ident = $may_arg:ident: $may_kind:ident),+])?;
        )* }
        other { $($other:ident $other_word:literal $other_section:ident;)* }
    ) => {
        /// What a pump can be asked: the name of a [`Request`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "as in `Request`")]
        pub enum Verb { $($verb,)* $($other,)* }

        impl Verb {
            /// The verbs of a step's `do`.
            pub const DO: &[Self] = &[$(Self::$verb),*];
            /// Every verb.
            pub const ALL: &[Self] = &[$(Self::$verb,)* $(Self::$other),*];

            /// Its word, the same in scenarios, device profiles and journals.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$verb => $word,)* $(Self::$other => $other_word,)* }
            }

            /// Where a device profile says how it is put.
            #[must_use]
            pub const fn section(self) -> Section {
                match self { $(Self::$verb => Section::$section,)* $(Self::$other => Section::$other_section,)* }
            }

            /// Arguments that must be given.
            #[must_use]
            pub const fn must(self) -> &'static [Arg] {
                match self { $(Self::$verb => &[$($(Arg::$must_arg),+)?],)* $(Self::$other => &[],)* }
            }

            /// Arguments that may be given.
            #[must_use]
            pub const fn may(self) -> &'static [Arg] {
                match self { $(Self::$verb => &[$($(Arg::$may_arg),+)?],)* $(Self::$other => &[],)* }
            }

            /// The request with the arguments that `from` reads; `None` where one cannot be read, and for what `do` does not ask.
            pub fn request(self, from: &mut impl ReadArgs) -> Option<Request> {
                match self {
                    $(Self::$verb => {
                        // All are read before one that cannot be ends it: whoever wrote them is told of each.
                        $($(let $must = from.$must_kind(Arg::$must_arg);)+)?
                        $($(let $may = from.is_given(Arg::$may_arg).then(|| from.$may_kind(Arg::$may_arg));)+)?
                        Some(Request::$verb {
                            $($($must: $must?,)+)?
                            $($($may: match $may { Some(read) => Some(read?), None => None },)+)?
                        })
                    })*
                    $(Self::$other => None,)*
                }
            }
        }

        impl Request {
            /// What is asked.
            #[must_use]
            pub const fn verb(&self) -> Verb {
                match self { $(Self::$verb { .. } => Verb::$verb,)* $(Self::$other { .. } => Verb::$other,)* }
            }

            /// The value of an argument, where this request has it.
            #[must_use]
            pub fn arg(&self, arg: Arg) -> Option<ArgValue<'_>> {
                match (self, arg) {
                    $(
                        $($((Self::$verb { $must, .. }, Arg::$must_arg) => Some(ArgValue::from($must)),)+)?
                        $($((Self::$verb { $may, .. }, Arg::$may_arg) => $may.as_ref().map(ArgValue::from),)+)?
                    )*
                    _ => None,
                }
            }
        }
    };
}

arguments! {
    // argument  word        an example of its value
    Dose         "dose"      "50 uL";
    Over         "over"      "10 min";
    Volume       "volume"    "0.4 mL";
    Rate         "rate"      "0.2 mL/day";
    Removed      "removed"   "1 mL";
    Added        "added"     "20 mL";
    Alarm        "alarm"     "occlusion";
    Priority     "priority"  "critical";
    To           "to"        "2026-03-29 01:59";
    Interval     "interval"  "5 min";
    On           "on"        "true";
}

verbs! {
    // What a step's `do` asks. `must` and `may` are its arguments: the request's field = the argument: what it is read as.
    do {
        Identify         "identify"           Requests;
        Status           "status"             Requests;
        Totals           "totals"             Requests;
        ReadPrescription "read-prescription"  Requests;
        Forecast         "forecast"           Requests;
        ReadLog          "read-log"           Logs;
        Commit           "commit"             Programming;
        Abort            "abort"              Programming;
        Start            "start"              Requests;
        Stop             "stop"               Requests;
        MinimumRate      "minimum-rate"       Requests;
        PatientBolus     "patient-bolus"      Requests;
        SingleBolus      "single-bolus"       Requests  must [dose = Dose: dose, over = Over: time];
        PrimeBolus       "prime-bolus"        Requests;
        BridgeBolus      "bridge-bolus"       Requests  must [volume = Volume: volume, rate = Rate: rate];
        Refill           "refill"             Requests  must [added = Added: volume] may [removed = Removed: volume];
        ClearAlarm       "clear-alarm"        Requests  must [alarm = Alarm: word];
        Mute             "mute"               Requests;
        TestAlarm        "test-alarm"         Requests  must [priority = Priority: word];
        SetClock         "set-clock"          Requests  must [to_s = To: date];
        LogEvery         "log-every"          Requests  must [interval = Interval: time];
        ReportTones      "report-tones"       Requests  must [on = On: switch];
        SelfTest         "self-test"          Requests;
    }
    // What has a key of its own in a step, and takes a prescription; and what only a device's profile knows.
    other {
        Program          "program"            Programming;
        Stage            "stage"              Programming;
        Own              "own"                Own;
    }
}

impl Verb {
    /// The verb of a step's `do` with this word.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        Self::DO.iter().copied().find(|verb| verb.word() == word)
    }

    /// The verb of a journal's word; `None`: it is none.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|verb| verb.word() == word)
    }

    /// Whether a pump that carried it out delivers no therapy any more, or no more than its minimum rate.
    #[must_use]
    pub const fn ends_therapy(self) -> bool {
        matches!(self, Self::Stop | Self::MinimumRate)
    }

    /// Whether a pump that carries it out may deliver something that it did not before.
    #[must_use]
    pub const fn may_start(self) -> bool {
        matches!(
            self,
            Self::Start
                | Self::MinimumRate
                | Self::PatientBolus
                | Self::SingleBolus
                | Self::PrimeBolus
                | Self::BridgeBolus
                | Self::SelfTest
                | Self::Program
                | Self::Stage
                | Self::Commit
                | Self::Own
        )
    }

    /// Whether it changes nothing in the pump.
    #[must_use]
    pub const fn only_reads(self) -> bool {
        matches!(
            self,
            Self::Identify | Self::Status | Self::Totals | Self::ReadPrescription | Self::Forecast
        )
    }

    /// Its arguments: those that must be given, then those that may.
    pub fn args(self) -> impl Iterator<Item = Arg> {
        self.must().iter().chain(self.may()).copied()
    }
}

impl Request {
    /// What is asked, as journals and messages say it: of what only a device's profile knows that name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Own { own, .. } => own,
            other => other.verb().word(),
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

macro_rules! values {
    ($($kind:ident($ty:ty) = |$value:ident| $is:expr;)*) => { $(
        impl<'a> From<&'a $ty> for ArgValue<'a> {
            fn from($value: &'a $ty) -> Self {
                Self::$kind($is)
            }
        }
    )* };
}

values! {
    Volume(Volume) = |value| *value;
    Rate(Rate) = |value| *value;
    Time(Span) = |value| *value;
    Date(i64) = |value| *value;
    Word(String) = |value| value;
    Switch(bool) = |value| *value;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_down_under_its_verb_s_word() {
        let program = Request::Commit;
        let written = serde_json::to_value(&program).expect("a request is data");
        assert_eq!(written["verb"], program.verb().word());
        for verb in Verb::DO.iter().filter(|verb| verb.args().next().is_none()) {
            let written = serde_json::json!({"verb": verb.word()});
            let read: Request = serde_json::from_value(written).expect("its word is its tag");
            assert_eq!(read.verb(), *verb);
        }
    }
}
