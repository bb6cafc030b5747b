//! What people call things: words of other tools, of the clinic and of daily life, with what to write instead.
//!
//! They go into the structural schema (`x-meant`), by the name of a map (`x-name`) or of a list of words (`x-word`); an editor's schema has none of
//! them. Invariant: no word stands here that the language itself knows in that place. A test asks for it.

use serde_json::{Map, Value, json};

/// Words, separated by `|`, and what to write: a key of that map, or a sentence.
type Meant = &'static [(&'static str, &'static str)];

/// Keys, by the map in which people write them.
const KEYS: &[(&str, Meant)] = &[
    (
        "a scenario",
        &[
            ("rig", "this looks like a rig file: name it with `--rig FILE`"),
            ("name|title|id|test|testcase|test-case", "scenario"),
            ("description|purpose|objective|comment", "summary"),
            ("requirements|requirement|verify|trace|traces|satisfies", "verifies"),
            ("hazards|hazard|risks|cover", "covers"),
            ("label|labels|marks|markers|tag|groups", "tags"),
            ("requires|capabilities|require", "needs"),
            ("steps|script|actions|sequence|events|test-steps", "timeline"),
            ("rx|therapy|program|programming|prescribe", "prescription"),
            ("includes|import|imports|extends|use", "include"),
            ("invariants|invariant|assertions", "always"),
            ("parameters|params|parametrize|examples|matrix|table", "cases"),
            ("begin|date|start-time|starts|begins", "start"),
            ("alarms|allowed-alarms|ignore-alarms|expected-alarms", "allow-alarms"),
            ("tolerance|tolerances", "snapshot"),
            (
                "setup|set-up|background",
                "a set-up is a file in `shared/`; write `include: [shared/NAME.yaml]`",
            ),
        ],
    ),
    (
        "a step",
        &[
            ("action|command|request|call|run|verb|press", "do"),
            ("time|when", "at"),
            ("delay|then|later", "after"),
            ("timeout|until|before|max|deadline", "within"),
            ("during|throughout|duration|hold", "for"),
            ("assert|check|verify|expects|expected|should|must", "expect"),
            ("fault|inject-fault|fail|break", "inject"),
            ("remove|recover|heal|clear-fault|eject", "clear"),
            ("sleep|pause|wait-for|advance", "wait"),
            ("loop|times|foreach", "repeat"),
            ("interval|period", "every"),
            ("args|arguments|parameters|params|parameter", "with"),
            ("rejected|denied|refuse|refuses", "refused"),
            ("write|bytes|raw", "send"),
            ("label|bookmark", "mark"),
            (
                "start|stop|status|patient-bolus|minimum-rate|mute|refill|self-test",
                "what the pump is asked is written behind `do`, such as `do: start`",
            ),
            ("prescribe|prescription|rx", "program"),
            (
                "dose|over|volume|added|removed",
                "it is an argument: write it in `with`, such as `with: {dose: 50 uL, over: 10 min}`",
            ),
            (
                "to|closed|lost|more|less|one-in|left|by|load|bit|on",
                "it is an argument: write it in `with`, such as `with: {to: 2.4 V}`",
            ),
        ],
    ),
    (
        "`expect`",
        &[
            (
                "motor|rotor|pumping|strokes|motor-state",
                "whether the motor moves shows in `actuated`: write `mark: quiet` before, and later `expect: {actuated: 0 uL, since: quiet}`; what the pump says of itself is `state: stopped`",
            ),
            (
                "stopped|running|minimum-rate",
                "write it as a state: `state: stopped`, `state: running` or `state: minimum-rate`",
            ),
            ("status|pump|therapy", "state"),
            (
                "volume|dose|infused|total|drug|given",
                "`delivered` is what reached the patient, `reported` what the pump says, `actuated` what the motor moved",
            ),
            (
                "boluses|bolus-volume",
                "`patient-boluses`, `periodic-boluses` and `clinician-boluses` are volumes; `bolus` is the one in progress",
            ),
            ("flow|flow-rate|basal-rate", "rate"),
            ("latency|alarm-within|alarm-delay", "alarm-latency"),
            ("severity|level", "priority"),
            ("no-alarms|silent|quiet", "no-alarm"),
            (
                "alarms",
                "write `alarm: occlusion` for one that must be active, `no-alarm: any` if none may be",
            ),
            ("cleared|alarm-off", "alarm-cleared"),
            ("log|logged|told", "event"),
            ("answer|response", "reply"),
            ("voltage|battery-voltage", "battery"),
            ("level-left|remaining|residual", "reservoir"),
            ("restarts|reboots|resets-count", "resets"),
            ("retries|attempts", "tries"),
            ("from|mark|after-mark", "since"),
            ("variable|symbol|register", "memory"),
            ("no alarm|no alarms", "write `{no-alarm: any}`"),
        ],
    ),
    (
        "a prescription",
        &[
            ("medication|medicine|substance|drug-id", "drug"),
            (
                "concentration",
                "the concentration goes with the drug: choose the `drug` that has it",
            ),
            ("type|kind|therapy", "mode"),
            ("flow|flow-rate|basal|basal-rate|speed|infusion-rate", "rate"),
            ("bolus|ptm|pca|demand|demand-bolus|patient", "patient-bolus"),
            ("steps|program|profile|plan", "schedule"),
            ("duration|time", "over"),
            ("every|period", "interval"),
            ("volume|fill|reservoir-volume", "reservoir"),
            ("low-alarm|low-threshold|reservoir-low", "low-reservoir"),
        ],
    ),
    (
        "a patient bolus",
        &[
            ("volume|amount|size", "dose"),
            ("duration|time", "over"),
            ("lock-out|pause|interval|lockout-interval", "lockout"),
            ("max-count|number|maximum-count|boluses", "count"),
            ("period|per", "window"),
            ("max-dose|limit|maximum", "max"),
        ],
    ),
    (
        "a schedule step",
        &[
            ("time|from|start|begin", "at"),
            ("days|weekday|on", "day"),
            ("flow|dose", "rate"),
        ],
    ),
    (
        "a memory check",
        &[("address|symbol|variable|name", "at"), ("equals|is|expect", "value")],
    ),
    (
        "an event",
        &[("name|type|event", "kind"), ("fields|where|args", "with")],
    ),
    (
        "a snapshot's tolerances",
        &[("dose", "volume"), ("floor", "volume-floor"), ("times", "time")],
    ),
];

/// Words of closed lists, by the list.
const WORDS: &[(&str, Meant)] = &[
    (
        "verb",
        &[
            (
                "bolus",
                "did you mean `patient-bolus` (the patient asks for it) or `single-bolus` (the clinician gives it)?",
            ),
            (
                "ptm|pca|demand|press|button|patient|request-bolus",
                "did you mean `patient-bolus`?",
            ),
            ("give|inject|clinician-bolus", "did you mean `single-bolus`?"),
            ("prime", "did you mean `prime-bolus`?"),
            ("bridge", "did you mean `bridge-bolus`?"),
            ("run|resume|begin|on", "did you mean `start`?"),
            ("halt|pause|suspend|off|end", "did you mean `stop`?"),
            ("fill|refill-reservoir", "did you mean `refill`?"),
            (
                "silence|ack|acknowledge",
                "did you mean `mute`, or `clear-alarm` with `{alarm: NAME}`?",
            ),
            (
                "reset|clear",
                "did you mean `clear-alarm` with `{alarm: NAME}`? A reset of the core is `probe: reset`",
            ),
            ("query|state|get-status|ping", "did you mean `status`?"),
            (
                "program|prescribe",
                "to program is a step of its own: `program: {drug: ..., mode: ..., rate: ...}`",
            ),
            ("wait|sleep", "to wait is a step of its own: `wait: 10 min`"),
            ("cancel", "did you mean `abort`?"),
        ],
    ),
    (
        "state",
        &[
            (
                "on|active|started|start|delivering|infusing|pumping|run",
                "did you mean `running`?",
            ),
            (
                "off|halted|paused|stop|suspended|idle|inactive|standby",
                "did you mean `stopped`?",
            ),
            ("minimum|min|safe|kvo|degraded", "did you mean `minimum-rate`?"),
        ],
    ),
    ("mode", MODES),
    ("mode of a prescription", MODES),
    ("alarm", ALARMS),
    (
        "alarm",
        &[("any", "name the alarm; that none is active is `no-alarm: any`")],
    ),
    ("alarm or `any`", ALARMS),
    (
        "fault",
        &[
            (
                "occlusion|blocked|clot|blockage|kink",
                "did you mean `catheter-occlusion`, or `catheter-partial-occlusion`?",
            ),
            ("stall|motor|jam", "did you mean `motor-stall`?"),
            ("leak", "did you mean `catheter-leak`?"),
            ("low-battery|battery", "did you mean `battery-low` with `{to: 2.4 V}`?"),
            (
                "empty|reservoir-empty|reservoir-low|low-reservoir",
                "did you mean `reservoir-level` with `{left: 0 mL}`?",
            ),
            ("mri|magnet", "did you mean `magnetic-field`?"),
            ("bit-flip|seu|flip", "did you mean `memory-bit-flip`?"),
            ("hang|watchdog|freeze", "did you mean `main-loop-hang`?"),
            (
                "noise",
                "did you mean `serial-noise` (what the pump sends) or `serial-rx-noise` (what it receives)?",
            ),
            (
                "cable|disconnect|unplug",
                "did you mean `serial-cut` (the line) or `catheter-disconnection`?",
            ),
        ],
    ),
    (
        "priority",
        &[
            ("high|1|alarm|urgent|severe", "did you mean `critical`?"),
            ("low|medium|2|warning|info|advisory", "did you mean `non-critical`?"),
        ],
    ),
    (
        "bolus",
        &[
            ("ptm|pca|demand|patient-bolus|on-demand", "did you mean `patient`?"),
            ("single|single-bolus|clinical", "did you mean `clinician`?"),
            ("prime-bolus|priming", "did you mean `prime`?"),
            ("bridge-bolus", "did you mean `bridge`?"),
            ("no|off|idle", "did you mean `none`?"),
        ],
    ),
    (
        "event",
        &[
            ("reset|restart|reboot|power-on|start-up", "did you mean `boot`?"),
            ("bolus", "did you mean `bolus-start` or `bolus-end`?"),
            (
                "start|stop|started|stopped",
                "did you mean `state`? Such as `event: {kind: state, with: {to: stopped}}`",
            ),
            ("beep|sound", "did you mean `tone`?"),
            ("prescription|program", "did you mean `rx`?"),
            ("refusal|rejected|denied", "did you mean `refused`?"),
            ("cleared", "did you mean `alarm-clear`?"),
        ],
    ),
    (
        "day",
        &[
            ("monday|mo|montag|montags|lundi|lun", "did you mean `mon`?"),
            ("tuesday|tu|di|dienstag|dienstags|mardi|mar", "did you mean `tue`?"),
            ("wednesday|we|mi|mittwoch|mittwochs|mercredi|mer", "did you mean `wed`?"),
            ("thursday|th|do|donnerstag|donnerstags|jeudi|jeu", "did you mean `thu`?"),
            ("friday|fr|freitag|freitags|vendredi|ven", "did you mean `fri`?"),
            (
                "saturday|sa|samstag|samstags|sonnabend|sonnabends|samedi|sam",
                "did you mean `sat`?",
            ),
            ("sunday|su|so|sonntag|sonntags|dimanche|dim", "did you mean `sun`?"),
            ("weekday|weekdays|workdays", "write `[mon, tue, wed, thu, fri]`"),
            ("weekend|weekends", "write `[sat, sun]`"),
            (
                "all|every|everyday|any|each|täglich|taeglich|jeden|quotidien",
                "did you mean `daily`?",
            ),
        ],
    ),
    (
        "reason of a refusal",
        &[
            ("yes|true|some|all", "did you mean `any`?"),
            (
                "no|false|maybe|optional",
                "if the pump must not refuse, leave `refused` out; if it may, write `allowed`",
            ),
            ("locked|locked-out", "did you mean `lockout`?"),
            ("empty", "did you mean `reservoir-empty`?"),
            ("running", "did you mean `not-stopped`?"),
        ],
    ),
    (
        "capability",
        &[
            (
                "serial|raw",
                "did you mean `raw-serial`? A plain serial line needs no word: every rig has one",
            ),
            ("simulator|sim|virtual|fast", "did you mean `virtual-time`?"),
            ("debugger|swd|jtag", "did you mean `probe`?"),
        ],
    ),
];

const MODES: Meant = &[
    ("constant|simple|basal|fixed", "did you mean `continuous`?"),
    ("daily|variable|scheduled|schedule|day", "did you mean `flex`?"),
    ("minimum-rate|min", "did you mean `minimum`?"),
    ("bolus|intermittent", "did you mean `periodic`?"),
];

const ALARMS: Meant = &[
    (
        "none|no|nothing|off|false",
        "if none may be active, write `no-alarm: any`",
    ),
    (
        "low-battery|battery-low|battery",
        "did you mean `eri` (replace it soon) or `end-of-service`?",
    ),
    ("low-reservoir|refill", "did you mean `reservoir-low`?"),
    ("empty", "did you mean `reservoir-empty`?"),
    ("stall|motor", "did you mean `motor-stall` or `repeated-stall`?"),
    ("blocked|blockage|catheter-occlusion", "did you mean `occlusion`?"),
    (
        "disconnected|disconnection|leak",
        "did you mean `catheter-disconnection`?",
    ),
    ("reset|watchdog", "did you mean `watchdog-reset` or `battery-reset`?"),
    ("memory|corruption", "did you mean `memory-error` or `memory-repaired`?"),
    ("temperature|overheat", "did you mean `over-temperature`?"),
    ("eos", "did you mean `end-of-service`?"),
    ("eol", "did you mean `end-of-life`?"),
    (
        "all|true|yes",
        "name the alarm; any alarm at all is `no-alarm: any`, or `no alarm` under `always`",
    ),
];

/// Keys that people write in a rule of `always`, which is a text.
const RULES: Meant = &[
    (
        "alarm|alarms|no-alarm",
        "a rule is a text: write `no alarm`, or `no alarm occlusion` for one of them",
    ),
    ("state", "a rule is a text: write `state != stopped`"),
    (
        "delivered|reported|actuated|rate|pressure|reservoir",
        "a rule is a text that compares: write `delivered <= prescribed + 14.5 %`",
    ),
];

/// Where a word that is missing in a list is added.
const ADDED: &[(&str, &str)] = &[
    (
        "requirement",
        "a requirement of your own: add it in a file of `fixtures/requirements`, such as `{kind: requirement, source: Our specification, requirements: [{id: REQ-1234, text: What it asks for.}]}`",
    ),
    (
        "hazard or recall",
        "a hazard or recall of your own: add it in a file of `fixtures/requirements`, such as `{kind: row, source: Our risk analysis, requirements: [{id: H-12, text: What can go wrong.}]}`",
    ),
    (
        "drug",
        "a drug or concentration of your own: add it in a file of `fixtures/drugs`; `pump-hil explain drug` shows such a file",
    ),
];

/// Puts what people write into a structural schema.
pub(super) fn add(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            into(map);
            map.values_mut().for_each(add);
        }
        Value::Array(items) => items.iter_mut().for_each(add),
        _ => {}
    }
}

fn into(map: &mut Map<String, Value>) {
    for (name, lists) in [("x-name", KEYS), ("x-word", WORDS)] {
        let named = map.get(name).and_then(Value::as_str);
        let of_it: Vec<Meant> = lists
            .iter()
            .filter(|(of, _)| Some(*of) == named)
            .map(|(_, meant)| *meant)
            .collect();
        if !of_it.is_empty() {
            map.insert("x-meant".to_owned(), table(&of_it));
        }
    }
    // It has no name of its own: it is a list of texts.
    if let Some(rule) = map.get_mut("properties").and_then(|keys| keys.get_mut("always"))
        && let Some(Value::Object(items)) = rule.get_mut("items")
    {
        items.insert("x-meant".to_owned(), table(&[RULES]));
    }
    let word = map.get("x-word").and_then(Value::as_str);
    if let Some((_, add)) = ADDED.iter().find(|(of, _)| Some(*of) == word) {
        map.insert("x-add".to_owned(), json!(add));
    }
}

/// What people mean by a word that stands in the place of one of this list.
pub(super) fn meant(list: &str, word: &str) -> Option<String> {
    let mut words = WORDS.iter().filter(|(of, _)| *of == list).flat_map(|(_, words)| *words);
    let word = word.to_lowercase();
    let (_, help) = words.find(|(people, _)| people.split('|').any(|one| one == word))?;
    Some((*help).to_owned())
}

fn table(meant: &[Meant]) -> Value {
    let each = |(words, help): &(&'static str, &'static str)| {
        let help = json!(help);
        words
            .split('|')
            .map(move |word| (word.to_owned(), help.clone()))
            .collect::<Vec<_>>()
    };
    Value::Object(meant.iter().copied().flatten().flat_map(each).collect())
}

#[cfg(test)]
mod tests;
