//! A profile from its file's text.

use super::lacking::left_out;
use super::profile::Profile;
use super::raw::RawProfile;
use super::resolve::resolve;
use super::units::Units;
use pump_hil_model::diagnostic::WrongFile;
use pump_hil_model::mistake::{Mistake, Subject};
use pump_hil_model::yaml::document::Document;
use pump_hil_model::yaml::schema::published;

impl Profile {
    /// Reads a profile from its text; `file` names it in errors.
    ///
    /// # Errors
    /// Everything that is wrong with its shape, else the first name that leads nowhere.
    pub fn parse(text: &str, file: &str) -> Result<Self, WrongFile> {
        let (document, raw) = Document::read::<RawProfile>(Subject::Device, file, text)?;
        if raw.profile.unwrap_or(1) == 1 {
            let missing = left_out(&raw).into_iter().flat_map(|(key, map)| {
                let (path, of) = match map {
                    "" => (Vec::new(), "a device profile".to_owned()),
                    map => (vec![map], format!("`{map}`")),
                };
                let what = format!("the key `{key}` is missing in {of}");
                document.wrong(Mistake::MissingKey, &path, what).0
            });
            let missing: Vec<_> = missing.collect();
            if !missing.is_empty() {
                return Err(WrongFile(missing));
            }
        }
        let units = Units::new(&raw.units);
        units.and_then(|units| resolve(raw, &units)).map_err(|wrong| {
            let path: Vec<&str> = wrong.path.iter().map(String::as_str).collect();
            document.wrong(wrong.mistake, &path, wrong.what)
        })
    }

    /// Something that shows only when it is used is wrong with what stands at `key` in the profile of this text and file.
    #[must_use]
    pub fn wrong(mistake: Mistake, text: &str, file: &str, key: &str, what: String) -> WrongFile {
        match Document::read::<RawProfile>(Subject::Device, file, text) {
            Ok((document, _)) => document.wrong(mistake, &[key], what),
            Err(wrong) => wrong,
        }
    }

    /// The JSON Schema of a profile's file, as text, for editors.
    #[must_use]
    pub fn schema() -> String {
        published::<RawProfile>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUB: &str = include_str!("../../../../fixtures/devices/stub.yaml");

    /// The stub's profile with one text replaced.
    fn spoilt(from: &str, to: &str) -> String {
        assert!(STUB.contains(from), "`{from}` is not in the profile");
        Profile::parse(&STUB.replacen(from, to, 1), "stub.yaml")
            .expect_err("a spoilt profile must not load")
            .to_string()
    }

    fn line_with(text: &str) -> usize {
        STUB.lines().position(|l| l.contains(text)).expect("the line is there") + 1
    }

    #[test]
    fn the_stub_s_profile_loads() {
        let profile = Profile::parse(STUB, "stub.yaml").expect("the shipped profile loads");
        assert_eq!(profile.protocol.request_max(), 240);
        assert_eq!(profile.requests.len(), 20);
    }

    #[test]
    fn unknown_keys_and_verbs_are_told_at_once_with_their_places() {
        let text = STUB.replacen("reply-timeout: ", "reply-timeuot: ", 1).replacen(
            "  patient-bolus: ",
            "  patient-bolsu: ",
            1,
        );
        let error = Profile::parse(&text, "stub.yaml")
            .expect_err("two mistakes")
            .to_string();
        let lines: Vec<&str> = error.lines().collect();
        let timeout = line_with("reply-timeout");
        assert_eq!(
            lines,
            [
                format!(
                    "stub.yaml:{timeout}:3: unknown key `reply-timeuot` in this map (did you mean `reply-timeout`?)"
                ),
                format!(
                    "stub.yaml:{}:3: unknown key `patient-bolsu` in this map (did you mean `patient-bolus`?)",
                    line_with("  patient-bolus:")
                ),
            ]
        );
    }

    #[test]
    fn an_unknown_unit_is_told_with_its_line_and_the_known_ones() {
        let error = spoilt(
            "{key: ptm-max, from: patient-max, unit: nl}",
            "{key: ptm-max, from: patient-max, unit: ml}",
        );
        assert!(
            error.starts_with(&format!("stub.yaml:{}:", line_with("ptm-max"))),
            "{error}"
        );
        assert!(error.contains("unknown unit `ml`") && error.contains("nl/d"), "{error}");
    }

    #[test]
    fn a_unit_that_is_no_quantity_is_told() {
        assert!(spoilt("nl/d: 1 nL/day", "nl/d: 1 furlong").contains("`1 furlong` is not a quantity"));
    }

    #[test]
    fn a_profile_that_leaves_no_pump_safe_is_refused() {
        assert!(spoilt("make-safe: [stop, minimum-rate]", "make-safe: []").contains("leaves this pump safe"));
    }

    #[test]
    fn only_verbs_that_end_therapy_may_make_a_pump_safe() {
        let all = "make-safe: [stop, minimum-rate]";
        for verb in ["identify", "start", "mute", "patient-bolus"] {
            let error = spoilt(all, &format!("make-safe: [stop, {verb}]"));
            assert!(error.starts_with(&format!("stub.yaml:{}:", line_with(all))), "{error}");
            assert!(
                error.contains(&format!(
                    "`{verb}` leaves therapy running; what ends it: stop, minimum-rate"
                )),
                "{error}"
            );
        }
        let error = spoilt("  stop: {send: stop}", "  stop: {send: start}");
        let line = line_with("  stop: {send: stop}");
        assert!(error.starts_with(&format!("stub.yaml:{line}:")), "{error}");
        assert!(error.contains("`stop` is sent as `start`, as `start` is"), "{error}");
        let error = spoilt("  status: {send: status}\n", "");
        assert!(error.contains("is read back from it"), "{error}");
    }

    #[test]
    fn a_six_day_week_is_refused() {
        assert!(spoilt("days: [mon, ", "days: [").contains("seven weekdays"));
    }

    #[test]
    fn a_step_with_an_unknown_name_is_refused() {
        assert!(spoilt("{minute:min}", "{hour:min}").contains("unknown `{hour:min}`"));
    }

    #[test]
    fn a_limit_of_nothing_is_refused() {
        assert!(spoilt("tries: 3", "tries: 0").contains("`tries` must be more than 0"));
    }

    const RENAMED: &str = include_str!("../../../tests/renamed/renamed.yaml");

    #[test]
    fn mistakes_in_frames_and_messages_are_told_at_their_lines() {
        Profile::parse(RENAMED, "own.yaml").expect("the profile of the test loads");
        for (from, to, what) in [
            ("crc-16/xmodem", "crc-16/xmoden", "did you mean `crc-16/xmodem`?"),
            ("over: body", "over: bodi", "`bodi` is no piece of this frame"),
            ("as: HEX4", "as: HEX99", "`HEX99` is no number"),
            (r#", "\n"]"#, "]", "nothing tells where this frame ends"),
            ("max: 320", "max: 5000", "`max` must be 1 to 4096"),
            ("{kind:word[a-z0-9-]}", "{kind:wrod}", "`wrod` is no type of a field"),
            ("{kind:word[a-z0-9-]}", "{kind:word[z-a]}", "runs backwards"),
            ("{kind:word[a-z0-9-]}", "", "a numbered record needs the field `kind`"),
            (
                "<{id:uint 0..65535} bx",
                "<{id:uint 0..65535}{x:int} bx",
                "nothing tells where `{id:..}` ends",
            ),
            ("reply: [ok, refused]", "reply: [okk, refused]", "did you mean `ok`?"),
            ("match: {field: id", "match: {field: di", "`match` is by the field `di`"),
            ("/{verb:word[a-z0-9-]}", "/stop", "needs the field `verb`"),
            ("profile: 2", "profile: 3", "version 1 and 2, not 3"),
            (
                "profile: 2",
                "profile: 2\nframing: {codec: text-lines-1, line-max: 240}",
                "leave one of them out",
            ),
            ("keys: a-z0-9.-,", "keys: \"\",", "must name characters"),
            (r#"before: ";""#, r#"before: """#, "`before` must not be empty"),
            (
                r#"checksum-over: "{key}|{value};""#,
                r#"checksum-over: "{value}""#,
                "`checksum-over` needs `{key}`",
            ),
        ] {
            assert!(RENAMED.contains(from), "`{from}` is not in the profile");
            let text = RENAMED.replacen(from, to, 1);
            let told = Profile::parse(&text, "own.yaml").expect_err(to).to_string();
            assert!(told.contains(what), "{to}: {told}");
            assert!(told.starts_with("own.yaml:"), "{told}");
        }
    }

    /// The profile of the test with one text replaced, and reasons at its end.
    fn lacking(from: &str, to: &str, lacks: &str) -> Result<Profile, String> {
        assert!(RENAMED.contains(from), "`{from}` is not in the profile");
        let text = RENAMED.replacen(from, to, 1) + lacks;
        Profile::parse(&text, "own.yaml").map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn what_a_pump_lacks_has_a_reason() {
        let button = "  patient-bolus: {send: cngvrag-obyhf}\n";
        let profile = lacking(button, "", "lacks: {patient-bolus: no button, unasked: it is polled}\n").expect("loads");
        let all: Vec<(&str, &str)> = profile.lacks.iter().collect();
        assert_eq!(all, [("patient-bolus", "no button"), ("unasked", "it is polled")]);
        let profile = lacking(button, "", "").expect("loads without a reason");
        let all: Vec<(&str, &str)> = profile.lacks.iter().collect();
        assert_eq!(all, [("patient-bolus", "its device profile does not have it")]);
        let stub = Profile::parse(STUB, "stub.yaml").expect("the shipped profile loads");
        assert!(stub.lacks.is_empty(), "version 1 is as it was");
    }

    #[test]
    fn mistakes_in_what_is_lacking_are_told() {
        for (from, to, lacks, what) in [
            ("", "", "lacks: {patient-bolsu: x}\n", "did you mean `patient-bolus`?"),
            (
                "",
                "",
                "lacks: {patient-bolus: x}\n",
                "the profile has it: leave one of them out",
            ),
            ("", "", "lacks: {dose-log: x}\n", "the profile has it"),
            ("", "", "lacks: {make-safe: x}\n", "the profile has it"),
            (
                "",
                "",
                "lacks: {battery: \" \"}\n",
                "say why this pump has no `battery`",
            ),
            (
                "make-safe: [stop, minimum-rate]",
                "make-safe: []",
                "",
                "or why nothing does",
            ),
            ("  count-key: svryqf\n", "", "", "belong together"),
        ] {
            let told = lacking(from, to, lacks).expect_err(what);
            assert!(told.contains(what), "{told}");
            assert!(told.starts_with("own.yaml:"), "{told}");
        }
        let empty = lacking(
            "make-safe: [stop, minimum-rate]",
            "make-safe: []",
            "lacks: {make-safe: a switch}\n",
        );
        assert!(empty.expect("loads").make_safe.is_empty());
    }

    #[test]
    fn a_file_of_version_1_leaves_nothing_out() {
        let whole = |key: &str| {
            let from = STUB.find(&format!("\n{key}:")).expect("it is there") + 1;
            let to = STUB[from..].find("\n\n").map_or(STUB.len(), |end| from + end + 1);
            STUB[..from].to_owned() + &STUB[to..]
        };
        let told = Profile::parse(&whole("dose-entry"), "stub.yaml")
            .expect_err("no entries")
            .to_string();
        assert!(
            told.contains("the key `dose-entry` is missing in a device profile"),
            "{told}"
        );
        let told = Profile::parse(&whole("programming"), "stub.yaml")
            .expect_err("no sessions")
            .to_string();
        assert!(told.contains("the key `programming` is missing"), "{told}");
        assert!(spoilt("  read-back: staged\n", "").contains("the key `read-back` is missing in `programming`"));
        assert!(spoilt("device: stub", "lacks: {mute: x}\ndevice: stub").contains("`lacks` is of `profile: 2`"));
    }
}
