//! Devices that others wrote (`lewis`, `sinstruments`, as they are on PyPI): a profile fits them too, and a scenario fails when their back doors make
//! them misbehave. Needs Python with `venv`, and PyPI once; where something is missing a test says SKIPPED, and fails with `CI=true`.

use crate::bench::{Bench, Played, all_at_once, at, rig, scenario};
use pump_hil_emulators::peers::{self, Peer};

/// What is set behind a device's back, and how its scenario fails then.
#[derive(Clone, Copy, Debug)]
struct Ill {
    name: &'static str,
    value: &'static str,
    /// It is set once this stands in the journal; `None`: before the run.
    once: Option<&'static str>,
    told: [&'static str; 2],
}

impl Ill {
    fn before(name: &'static str, value: &'static str, told: [&'static str; 2]) -> Option<Self> {
        Some(Self {
            name,
            value,
            once: None,
            told,
        })
    }
}

/// Plays the scenario of a device while it is ill.
fn played(device: &str, peer: &Peer, ill: Option<Ill>) -> Played {
    let (bench, port) = (Bench::new(), at(peer.port));
    let set = |ill: Ill| peer.set(ill.name, ill.value).unwrap();
    ill.filter(|ill| ill.once.is_none()).into_iter().for_each(set);
    std::thread::scope(|scope| {
        let play = || bench.play(&scenario(device), &rig(device), &["--port", &port]);
        let played = scope.spawn(play);
        if let Some((ill, once)) = ill.and_then(|ill| Some((ill, ill.once?))) {
            bench.wait_until_journaled(once);
            set(ill);
        }
        played.join().unwrap()
    })
}

/// What is wrong with how a scenario ended.
fn wrong(ill: Option<Ill>, played: &Played) -> Option<String> {
    let words = played.words();
    let good = match ill {
        None => played.code == Some(0) && played.verdict == "passed",
        Some(ill) => {
            let told = ill.told.iter().all(|word| words.contains(word));
            played.code == Some(1) && played.verdict == "failed" && told
        }
    };
    (!good).then(|| format!("{ill:?}: {played:?}"))
}

#[test]
fn a_bath_of_lewis_passes_and_one_that_does_not_reach_its_setpoint_fails() {
    if peers::installed().is_none() {
        return;
    }
    let all = vec![
        None,
        Ill::before("heating_power", "0.0", ["temperature=24.2", "temperature=24.0"]),
        // It takes no setpoint above its limit, and says nothing of that.
        Ill::before("temperature_high_limit", "24.1", ["setpoint=24.2", "setpoint=24.0"]),
    ];
    all_at_once(all, |ill| {
        let peer = peers::lewis("julabo", "julabo-version-1").unwrap();
        wrong(ill, &played("julabo", &peer, ill))
    });
}

#[test]
fn a_controller_of_sinstruments_passes_and_one_that_does_not_hold_what_is_set_fails() {
    if peers::installed().is_none() {
        return;
    }
    let all = vec![
        None,
        Ill::before("sys_error", "'-222, Data out of range'", ["error=0", "error=-222"]),
        Some(Ill {
            name: "src_slew",
            value: "'9.9'",
            // The slew rate is set by then, and the scenario has yet to wait before it reads it.
            once: Some("SOUR1:PRES 1.25"),
            told: ["slew=3.5", "slew=9.9"],
        }),
    ];
    all_at_once(all, |ill| {
        let peer = peers::sinstruments("gepace.simulator", "Pace").unwrap();
        wrong(ill, &played("pace", &peer, ill))
    });
}
