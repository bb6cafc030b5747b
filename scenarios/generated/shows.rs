//! In which plans a seeded defect must show. Each predicate says less than is true: where it holds, the defect cannot stay unseen.

use crate::draw::programmed;
use crate::plan::{About, DayStep, Mode, Nl, Plan, What};

/// What the oracle lets pass: two strokes, one of a start, and one for what is rounded here.
const SLACK: Nl = 2_000;

/// Whether the defect must show.
pub fn must_show(defect: &str, plan: &Plan) -> bool {
    match defect {
        "lockout-off-by-one" => asked_just_before_the_lockout_ends(plan),
        "rolling-window-forgets-basal" => asked_where_basal_fills_the_window(plan),
        "rolling-window-forgets-bolus-in-progress" => asked_after_a_cut_bolus(plan),
        "silent-stall" | "stall-counted-as-delivered" => running_at(plan, About::Stall),
        "occlusion-alarm-late" => running_at(plan, About::Occlusion),
        "memory-flip-unnoticed" => running_at(plan, About::BitFlip),
        "commit-without-crc-check" => has(plan, About::WrongCrc),
        "mute-never-rearms" => has(plan, About::Mute),
        "stopped-after-emi-wake" => woken_with_an_alarm(plan),
        "eos-three-months" => three_months_are_not_90_days(plan),
        "remainder-rounded-away" => an_hour_is_no_whole_strokes(plan),
        "stale-prescription-after-abort" => another_rate_was_aborted(plan),
        "reservoir-not-decremented-by-bolus" | "bolus-retried-twice" => a_bolus_is_given(plan),
        "prime-counted-as-therapy" => it_is_primed(plan),
        "no-48h-alarm" => stopped_for_two_days(plan),
        "flex-midnight-skipped" => midnight_changes_the_rate(plan),
        "brown-out-resumes-full-rate" => browned_out_while_running(plan),
        "low-reservoir-late" => between_the_threshold_and_its_half(plan),
        "periodic-interval-in-minutes" => a_sixtieth_of_the_interval_passes(plan),
        _ => panic!("no predicate for the defect {defect}"),
    }
}

/// Steps that change neither state nor prescription.
fn beside(what: &What) -> bool {
    matches!(
        what,
        What::PatientBolus | What::Bolus { .. } | What::Wait | What::LogEvery { .. } | What::SelfTest
    )
}

fn nothing(what: &What) -> bool {
    matches!(what, What::Wait | What::SelfTest)
}

/// When therapy starts, where it runs from then until `to` for sure: nothing ends it, and the reservoir lasts.
fn runs_until(plan: &Plan, to: u64) -> Option<u64> {
    let mut steps = plan.timed();
    let (start, What::Start) = steps.next()? else {
        return None;
    };
    let changed = steps.take_while(|(at, _)| *at <= to).any(|(_, what)| !beside(what));
    let room = plan
        .rx
        .ptm
        .is_none_or(|ptm| ptm.max >= programmed(&plan.rx.mode, ptm.window_s));
    let trial = plan.rx.trial_s.is_some() || plan.rx.trial_nl.is_some();
    let boluses: Nl = plan
        .timed()
        .filter(|(at, _)| *at <= to)
        .map(|(_, what)| asked_nl(plan, what))
        .sum();
    let most = programmed(&plan.rx.mode, to.saturating_sub(start) + 60) + boluses + SLACK;
    let lasts = plan.reservoir > most;
    let runs = !changed && room && !trial && lasts && to > start && !matches!(plan.rx.mode, Mode::Minimum);
    runs.then_some(start)
}

fn asked_nl(plan: &Plan, what: &What) -> Nl {
    match what {
        What::Bolus { dose, .. } => *dose,
        What::PatientBolus => plan.rx.ptm.map_or(0, |ptm| ptm.dose),
        _ => 0,
    }
}

fn steady(plan: &Plan) -> Option<Nl> {
    match plan.rx.mode {
        Mode::Continuous { rate } => Some(rate),
        _ => None,
    }
}

fn of(rate: Nl, s: u64) -> Nl {
    rate * s / 86_400
}

/// Where the first gadget of that kind begins.
fn at(plan: &Plan, about: About) -> Option<u64> {
    plan.timed().find_map(|(at, what)| match what {
        What::Raw { about: is, .. } if *is == about => Some(at),
        _ => None,
    })
}

fn has(plan: &Plan, about: About) -> bool {
    at(plan, about).is_some()
}

fn running_at(plan: &Plan, about: About) -> bool {
    let begins = at(plan, about).filter(|at| runs_until(plan, at - 1).is_some());
    begins.is_some() && steady(plan).is_some()
}

/// When the patient asks, while nobody asks for any other bolus.
fn asks(plan: &Plan) -> Vec<u64> {
    let asked = plan.timed().filter(|(_, what)| matches!(what, What::PatientBolus));
    asked.map(|(at, _)| at).collect()
}

fn no_other_bolus(plan: &Plan, to: u64) -> bool {
    let other = |what: &What| matches!(what, What::Bolus { .. } | What::Bridge { .. } | What::Prime);
    !matches!(plan.rx.mode, Mode::Periodic { .. }) && !plan.timed().any(|(at, what)| at <= to && other(what))
}

fn asked_just_before_the_lockout_ends(plan: &Plan) -> bool {
    let asked = asks(plan);
    let (Some(ptm), &[first, second, ..]) = (plan.rx.ptm, &asked[..]) else {
        return false;
    };
    let gap = second - first;
    gap + 57 >= ptm.lockout_s
        && gap + 3 <= ptm.lockout_s
        && gap > ptm.over_s + 5
        && first >= 3
        && ptm.count >= 2
        && ptm.max >= programmed(&plan.rx.mode, ptm.window_s) + 2 * ptm.dose + SLACK
        && no_other_bolus(plan, second)
        && runs_until(plan, second).is_some_and(|start| first > start + 2)
}

fn asked_where_basal_fills_the_window(plan: &Plan) -> bool {
    let asked = asks(plan);
    let (Some(ptm), Some(rate), &[first, ..]) = (plan.rx.ptm, steady(plan), &asked[..]) else {
        return false;
    };
    let given = |start: u64| of(rate, ptm.window_s.min(first - start));
    no_other_bolus(plan, first)
        && runs_until(plan, first).is_some_and(|start| given(start) + ptm.dose > ptm.max + SLACK)
}

fn asked_after_a_cut_bolus(plan: &Plan) -> bool {
    let steps: Vec<(u64, &What)> = plan.timed().filter(|(_, what)| !nothing(what)).collect();
    let [
        (_, What::Start),
        (asked, What::PatientBolus),
        (cut, What::Stop),
        (anew, What::Start),
        (again, What::PatientBolus),
        ..,
    ] = steps[..]
    else {
        return false;
    };
    let (Some(ptm), Some(rate)) = (plan.rx.ptm, steady(plan)) else {
        return false;
    };
    let given = ptm.dose * (cut - asked).min(ptm.over_s) / ptm.over_s;
    let start = runs_until(plan, cut - 1);
    let basal = start.map_or(0, |start| {
        of(rate, ptm.window_s.min(again - start).saturating_sub(anew - cut))
    });
    let programmed = programmed(&plan.rx.mode, ptm.window_s);
    start.is_some_and(|start| asked > start + 2)
        && cut < asked + ptm.over_s
        && ptm.count >= 2
        && again >= asked + ptm.lockout_s + 3
        // Both begin and end of the cut one are in the window yet.
        && again + 10 < asked + ptm.window_s
        && ptm.max >= programmed + ptm.dose
        && basal + given + ptm.dose > ptm.max + 2 * SLACK
        && plan.reservoir > of(rate, again) + 2 * ptm.dose + SLACK
}

fn woken_with_an_alarm(plan: &Plan) -> bool {
    let (Some(rate), Some(woken)) = (steady(plan), at(plan, About::EmiWake)) else {
        return false;
    };
    let low = plan.rx.low.unwrap_or(2_000_000);
    // The gadget lets twelve hours pass in which nobody talks to the pump.
    runs_until(plan, woken - 1).is_some_and(|start| {
        of(rate, woken - start) >= 1_000 + plan.reservoir.saturating_sub(low)
            && of(rate, 40_000) > of(rate, woken + 43_200 - start) / 200 + SLACK
            && plan.reservoir > of(rate, woken + 50_000) + SLACK
    })
}

fn three_months_are_not_90_days(plan: &Plan) -> bool {
    let Some(low) = at(plan, About::BatteryLow) else {
        return false;
    };
    if runs_until(plan, low - 1).is_none() {
        return false;
    }
    // The indicator comes within two hours; around midnight its date is not known here.
    let day = |s: u64| (plan.start_s + i64::try_from(s).unwrap_or(0)).div_euclid(86_400);
    let (from, to) = (day(low), day(low + 7_200));
    let (year, month, of_month) = crate::yaml::date(from);
    let (then_year, then_month) = if month > 9 {
        (year + 1, month - 9)
    } else {
        (year, month + 3)
    };
    let then = (from..from + 100).find(|&day| crate::yaml::date(day) == (then_year, then_month, of_month));
    from == to && then.is_some_and(|then| then - from != 90)
}

fn an_hour_is_no_whole_strokes(plan: &Plan) -> bool {
    let Some(rate) = steady(plan) else { return false };
    let to = plan.end_s().saturating_sub(plan.log_every_s);
    let only = plan.timed().skip(1).all(|(_, what)| nothing(what));
    // 12,000 nL a day are a stroke an hour; whatever is beyond whole ones is lost.
    let lost = |start: u64| (to - start) / 3_600 * (rate % 12_000 / 24);
    only && runs_until(plan, to).is_some_and(|start| lost(start) * 4 / 5 > of(rate, to - start) / 200 + 2 * SLACK)
}

fn another_rate_was_aborted(plan: &Plan) -> bool {
    let Some(rate) = steady(plan) else { return false };
    let found = plan.timed().enumerate().find_map(|(place, (at, what))| match what {
        What::Aborted(rx, s) => Some((place, at, at + s, rx)),
        _ => None,
    });
    let Some((place, at, aborted, rx)) = found else {
        return false;
    };
    let other = match rx.mode {
        Mode::Continuous { rate } | Mode::Periodic { rate, .. } => rate,
        Mode::Flex { .. } | Mode::Minimum => return false,
    };
    let told = aborted + plan.log_every_s + 60;
    let quiet = plan
        .timed()
        .skip(place + 1)
        .all(|(next, what)| next > told || nothing(what));
    let kept = plan
        .timed()
        .take(place)
        .all(|(_, what)| !matches!(what, What::LogEvery { .. }));
    other != rate
        && kept
        && quiet
        && runs_until(plan, at - 1).is_some()
        && plan.end_s() > told
        && plan.reservoir > of(rate.max(other), told) + SLACK
}

fn a_bolus_is_given(plan: &Plan) -> bool {
    let bolus = plan.timed().find_map(|(at, what)| match what {
        What::Bolus { dose, over_s } => Some((at, *dose, *over_s)),
        _ => None,
    });
    let Some((at, dose, over_s)) = bolus else { return false };
    let first = !plan
        .timed()
        .any(|(t, what)| t < at && !matches!(what, What::Start | What::Wait | What::SelfTest));
    let room = plan
        .rx
        .ptm
        .is_none_or(|ptm| ptm.max >= programmed(&plan.rx.mode, ptm.window_s) + dose + SLACK);
    let ends = at + over_s + 10;
    first
        && room
        && dose >= 5_000
        && dose <= plan.rx.drug.soft_bolus
        && at >= 3
        && !matches!(plan.rx.mode, Mode::Periodic { .. })
        && runs_until(plan, ends).is_some_and(|start| at > start + 2)
        && plan.end_s() > ends
}

fn it_is_primed(plan: &Plan) -> bool {
    let first = plan.timed().find(|(_, what)| !nothing(what));
    let Some((at, What::Prime)) = first else { return false };
    let volume = plan.rx.catheter.unwrap_or(0) + plan.rx.tubing.unwrap_or(0);
    let ends = at + volume / 500 * 2 + 10;
    let quiet = plan.timed().all(|(t, what)| t <= at || t > ends || nothing(what));
    at >= 3
        && volume >= 5_000
        && plan.rx.catheter.is_some()
        && quiet
        && plan.end_s() > ends
        && plan.reservoir > volume + SLACK
}

fn stopped_for_two_days(plan: &Plan) -> bool {
    let stop = plan
        .timed()
        .enumerate()
        .find(|(_, (_, what))| matches!(what, What::Stop));
    let Some((place, (at, _))) = stop else { return false };
    let told = at + 172_800 + 3_700 + plan.log_every_s.max(3_600);
    let quiet = plan.timed().skip(place + 1).all(|(t, what)| t > told || nothing(what));
    quiet && runs_until(plan, at - 1).is_some() && plan.end_s() > told
}

/// The steps of a day; 2000-01-01 was a Saturday.
fn steps_of(mode: &Mode, day: i64) -> Option<&[DayStep]> {
    let Mode::Flex { daily, weekend } = mode else {
        return None;
    };
    let is_weekend = day.rem_euclid(7) < 2 && !weekend.is_empty();
    Some(if is_weekend { weekend } else { daily })
}

fn midnight_changes_the_rate(plan: &Plan) -> bool {
    let first = plan.start_s.div_euclid(86_400);
    let last = (plan.start_s + i64::try_from(plan.end_s()).unwrap_or(0)).div_euclid(86_400);
    (first + 1..=last).any(|day| {
        let (Some(before), Some(after)) = (steps_of(&plan.rx.mode, day - 1), steps_of(&plan.rx.mode, day)) else {
            return false;
        };
        let midnight = u64::try_from(day * 86_400 - plan.start_s).unwrap_or(0);
        let told = midnight + plan.log_every_s + 120;
        let next = after.get(1).map_or(86_400, |step| u64::from(step.0) * 60);
        let near = |t: u64| t + 86_400 > midnight && t <= told;
        let quiet = plan.timed().skip(1).all(|(t, what)| !near(t) || nothing(what));
        before.last().map(|step| step.1) != after.first().map(|step| step.1)
            && next > told - midnight
            && quiet
            && plan.end_s() > told
            && runs_until(plan, told).is_some_and(|start| start + 5 < midnight)
    })
}

fn browned_out_while_running(plan: &Plan) -> bool {
    let dip = plan
        .timed()
        .find_map(|(at, what)| matches!(what, What::BrownOut { ms } if *ms >= 50).then_some(at));
    dip.is_some_and(|at| runs_until(plan, at - 1).is_some_and(|start| at > start + 5) && plan.end_s() > at + 60)
}

fn between_the_threshold_and_its_half(plan: &Plan) -> bool {
    let (Some(rate), Some(low)) = (steady(plan), plan.rx.low) else {
        return false;
    };
    let end = plan.end_s();
    let only = plan.timed().skip(1).all(|(_, what)| nothing(what));
    only && plan.reservoir > low
        && runs_until(plan, end).is_some_and(|start| {
            let below = start + (plan.reservoir - low + SLACK) * 86_400 / rate;
            end > below + 3_700 + 2 * plan.log_every_s && plan.reservoir > of(rate, end - start) + low / 2 + SLACK
        })
}

fn a_sixtieth_of_the_interval_passes(plan: &Plan) -> bool {
    let Mode::Periodic { over_s, interval_s, .. } = plan.rx.mode else {
        return false;
    };
    let wait = over_s.max(interval_s / 60) + 120;
    let start = runs_until(plan, plan.timed().next().map_or(0, |(at, _)| at) + wait);
    let alone = plan
        .timed()
        .skip(1)
        .all(|(t, what)| start.is_none_or(|start| t > start + wait) || nothing(what));
    alone && wait + 120 < interval_s && start.is_some_and(|start| plan.end_s() > start + wait)
}
