//! Which action a step has, and the keys that only go with it.

use super::told::Told;
use crate::scenario::raw::RawStep;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::yaml::Problem;

/// Every action with the keys that only go with it.
const COMPANIONS: &[(&str, &[&str])] = &[
    ("do", &["with", "refused", "keep"]),
    ("program", &["refused", "cut-after"]),
    ("inject", &["with"]),
    ("expect", &["within", "for", "poll", "with", "every"]),
    ("repeat", &["every", "steps"]),
];

/// The name of the step's one action; keys that go with another one are told.
pub(super) fn action_of(step: &RawStep, told: &mut Told<'_>) -> Option<&'static str> {
    let name = one_action(step, told)?;
    companions(step, name, told);
    Some(name)
}

fn one_action(step: &RawStep, told: &mut Told<'_>) -> Option<&'static str> {
    let all = [
        ("do", step.r#do.is_some()),
        ("program", step.program.is_some()),
        ("stage", step.stage.is_some()),
        ("inject", step.inject.is_some()),
        ("clear", step.clear.is_some()),
        ("expect", step.expect.is_some()),
        ("expect-none", step.expect_none.is_some()),
        ("send", step.send.is_some()),
        ("probe", step.probe.is_some()),
        ("wait", step.wait.is_some()),
        ("mark", step.mark.is_some()),
        ("repeat", step.repeat.is_some()),
    ];
    let given: Vec<&'static str> = all.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    match given.as_slice() {
        [one] => return Some(one),
        [] if told.inside(step.place) => {}
        [] => {
            let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
            let problem = Problem::new(Mistake::MissingKey, step.place, "a step without an action");
            told.tell(problem.help(format!("give it one of: {}", names.join(", "))));
        }
        several => {
            let message = format!("a step has one action, not {}: {}", several.len(), several.join(", "));
            let problem = Problem::new(Mistake::KeyCombination, step.place, message);
            told.tell(problem.help("begin a new step with `-` for each"));
        }
    }
    None
}

/// Keys that go with another action than this one.
fn companions(step: &RawStep, action: &str, told: &mut Told<'_>) {
    let given = [
        ("with", step.with.as_ref().map(|table| table.place)),
        ("refused", step.refused.as_ref().map(|word| word.0.place)),
        ("keep", step.keep.as_ref().map(|table| table.place)),
        ("poll", step.poll.as_ref().map(|word| word.0.place)),
        ("cut-after", step.cut_after.map(|count| count.place)),
        ("within", step.within.as_ref().map(|text| text.0.place)),
        ("for", step.r#for.as_ref().map(|text| text.0.place)),
        ("every", step.every.as_ref().map(|text| text.0.place)),
        (
            "steps",
            step.steps
                .as_ref()
                .map(|steps| steps.first().map_or(step.place, |s| s.place)),
        ),
    ];
    for (key, place) in given {
        let owners = COMPANIONS.iter().filter(|(_, keys)| keys.contains(&key));
        let owners: Vec<&str> = owners.map(|(name, _)| *name).collect();
        if let (Some(place), false) = (place, owners.contains(&action)) {
            let message = format!("`{key}` does not go with `{action}`");
            let problem = Problem::new(Mistake::KeyCombination, place, message);
            told.tell(problem.help(format!("it goes with `{}`", owners.join("` or `"))));
        }
    }
}
