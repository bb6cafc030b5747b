//! How long a run takes by the host's clock, told before it begins: nobody waits a day for what they took for minutes.

use super::feasible;
use super::inputs::Group;
use super::running::SHORT;
use super::waits::{Wait, wait};
use crate::report::counted;
use pump_hil_language::plan::{length, unmet};
use pump_hil_model::case::Case;
use pump_hil_model::quantity::Span;
use pump_hil_model::rough_time::rough_time;
use pump_hil_model::safe_text::safe;
use pump_hil_rig::RigFile;

/// A case that takes longer is to be wanted.
const LONG: Span = Span(3_600_000);

/// What a run takes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Estimate {
    /// Lines for each rig whose pump keeps its own time; nothing where time is granted.
    pub told: Vec<String>,
    /// The longest case that takes longer than an hour, and where.
    pub long: Option<String>,
}

/// What each case takes on each rig, so many times.
pub(super) fn estimate(groups: &[Group], rigs: &[RigFile], times: u32) -> Estimate {
    let mut estimate = Estimate::default();
    for rig in rigs {
        let Some(scale) = rig.clock.scale() else { continue };
        let can = rig.capabilities();
        let by_the_clock = |pump: Span| Span(pump.0 / i64::from(scale.max(1)));
        let waits = |case: &Case| match wait(case, rig) {
            Wait::UpTo(most) => by_the_clock(most),
            Wait::None | Wait::TooLong(_) => Span(0),
        };
        let host = |case: &Case| Span(by_the_clock(length(case)).0.saturating_add(waits(case).0));
        let played: Vec<&Case> = groups
            .iter()
            .flat_map(|group| &group.cases)
            .filter(|case| unmet(case, &can).is_empty())
            .collect();
        let Some(longest) = played.iter().copied().max_by_key(|case| host(case)) else {
            continue;
        };
        let sum = played.iter().map(|case| host(case).0).fold(0_i64, i64::saturating_add);
        let all = Span(sum.saturating_mul(i64::from(times)));
        estimate.told.extend(feasible::too_long(&played, rig));
        if all < SHORT {
            continue;
        }
        let waiting = played.iter().map(|case| waits(case).0).fold(0_i64, i64::saturating_add);
        let waiting = Span(waiting.saturating_mul(i64::from(times)));
        let set_up = match waiting {
            Span(0) => "what set-up takes".to_owned(),
            most => format!(
                "what else set-up takes; of that up to {} until earlier doses count no more",
                rough_time(most)
            ),
        };
        let one = format!("`{}` takes {}", safe(&longest.name()), rough_time(host(longest)));
        let others = if played.len() > 1 {
            format!("; the longest, {one}")
        } else {
            String::new()
        };
        let rig = safe(&rig.name);
        estimate.told.push(format!(
            "{} on {rig}: about {} by the clock, and {set_up}{others}",
            counted(played.len(), "case"),
            rough_time(all)
        ));
        if host(longest) > LONG && estimate.long.is_none() {
            estimate.long = Some(format!("{one} on {rig}"));
        }
    }
    estimate
}

#[cfg(test)]
mod tests {
    use super::*;
    use pump_hil_model::case::{Request, When};
    use pump_hil_rig::Given;
    use pump_hil_rig::shelf::Shelf;
    use pump_hil_testing::situation;
    use std::path::Path;

    #[test]
    fn a_run_by_the_hosts_clock_is_told_with_its_longest_case() {
        let case = |name: &str, hours: i64| {
            let mut case = situation::case(vec![situation::ask(Request::Start)]);
            case.scenario = name.to_owned();
            case.steps[0].when = When::At(Span(hours * 3_600_000));
            case
        };
        let groups = [Group {
            folder: "scenarios".into(),
            cases: vec![case("short", 1), case("long", 1_200)],
            whole: true,
        }];
        let rig = |name: &str| RigFile::find(&Shelf::new(None), Path::new(name), &Given::default()).unwrap();
        let (granted, paced) = (rig("sim"), rig("sim-realtime"));
        assert_eq!(estimate(&groups, &[granted], 1), Estimate::default());
        // 600 times the pace.
        let found = estimate(&groups, &[paced], 2);
        let told =
            "2 cases on sim-realtime: about 4 h by the clock, and what set-up takes; the longest, `long` takes 2 h";
        assert_eq!(found.told, [told]);
        assert_eq!(found.long.unwrap(), "`long` takes 2 h on sim-realtime");
    }
}
