//! A balance beside the pump weighs what truly left it: what a pump only says that it gave is found, and a balance that tells nothing blames no pump.

use crate::bench::{Bench, Played, all_at_once, at};
use pump_hil_emulators::serve::Running;

const WEIGHED: &str = "observe:
  reported: {ask: status, every: 200 ms, resolution: 1 uL}
  delivered: {instrument: balance, density: 1 g/mL, settle: 1 s}
";

const DOSE: &str = "scenario: weighed
summary: A dose that is weighed.
device: slip-pump
timeline:
  - do: single-bolus
    with: {dose: 100 uL, over: 8 s}
  - within: 10 s
    expect: {state: stopped}
";

/// What stands beside the pump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Balance,
    /// One that somebody shakes.
    Shaken,
    /// Nobody answers at its port.
    Gone,
    /// The rig file has none.
    Nothing,
}

fn played(misbehave: Option<&str>, beside: Beside, steps: &str) -> Played {
    let bench = Bench::new();
    let rig = bench.observed("slip-pump", WEIGHED);
    let pump = bench.emulated("slip-registers", misbehave);
    let balance = Running::start(&[
        "balance",
        "--weighs",
        bench.beaker().to_str().unwrap(),
        "--decimals",
        "4",
    ])
    .unwrap();
    // A port that was free a moment ago.
    let port = match beside {
        Beside::Gone => std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port(),
        _ => balance.port,
    };
    if beside != Beside::Nothing {
        let text = std::fs::read_to_string(&rig).unwrap();
        let more = format!(
            "instruments:\n  balance: {{device: mt-sics, port: \"{}\", resolution: 0.1 mg}}\nlimits: {{open: 2 s}}\n",
            at(port)
        );
        std::fs::write(&rig, text + &more).unwrap();
    }
    let scenario = bench.file("weighed.yaml", &[DOSE, steps].concat());
    let play = || bench.play(&scenario, &rig, &["--port", &at(pump.port), "-v"]);
    if beside != Beside::Shaken {
        return play();
    }
    let (end, ended) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let bench = &bench;
        scope.spawn(move || {
            let pause = std::time::Duration::from_millis(100);
            while ended.recv_timeout(pause) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                bench.pour("1000\n");
            }
        });
        let played = play();
        drop(end);
        played
    })
}

/// What is played: how the pump misbehaves, what stands beside it, steps, the verdict, and what must be told.
type Play = (
    Option<&'static str>,
    Beside,
    &'static str,
    &'static str,
    &'static [&'static str],
);

#[test]
fn what_left_the_pump_is_what_the_balance_shows() {
    const CHECK: &str = "  - expect: {delivered: 99 uL .. 101 uL}\n";
    let plays: Vec<Play> = vec![
        (
            None,
            Beside::Balance,
            CHECK,
            "passed",
            &["delivered is compared with +- 100 nL"],
        ),
        // It says 100 uL, and gives 80: no step looks at that.
        (
            Some("over-delivers:-20"),
            Beside::Balance,
            "",
            "failed",
            &["delivered 80 uL is", "below reported 100 uL"],
        ),
        (
            Some("over-delivers:20"),
            Beside::Balance,
            "",
            "failed",
            &["delivered 120 uL is", "above reported 100 uL"],
        ),
        (
            Some("over-delivers:-3"),
            Beside::Balance,
            CHECK,
            "failed",
            &["got delivered 97 uL"],
        ),
        (
            None,
            Beside::Shaken,
            "",
            "inconclusive",
            &["instrument `balance` does not come to rest"],
        ),
        (None, Beside::Gone, "", "inconclusive", &["instrument `balance`: "]),
        (
            None,
            Beside::Nothing,
            CHECK,
            "passed",
            &["1 check not shown", "this rig has no instrument `balance`"],
        ),
    ];
    all_at_once(plays, |(misbehave, beside, steps, verdict, told)| {
        let played = played(misbehave, beside, steps);
        let words = played.words();
        let good = played.verdict == verdict && told.iter().all(|told| words.contains(told));
        (!good).then(|| format!("{misbehave:?} {beside:?} {steps}: must have {verdict} and tell {told:?}: {played:?}"))
    });
}
