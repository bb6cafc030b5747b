//! One pump's life in QEMU, its power cut 200 times: within the writing of its flash, to the instruction, and between.
//!
//! A cut takes QEMU away with the signal that nobody can catch. What is the world's (the plant, the clock) goes on in another QEMU, and the flash with it; what is
//! in the firmware's RAM is lost. Everything is drawn from one seed, so that a failure comes again.

mod life;

use life::{Cut, Gone, Heard, Life, MINUTE_MS};
use pump_hil_rig::RigFile;
use pump_hil_testing::repository;
use std::io::Write as _;

const CUTS: u32 = 200;
const SEED: u64 = 0x5EED_0003;

const STROKE_NL: i64 = 500;

/// The next number of a simple generator (SplitMix64).
fn draw(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn number(line: &str, key: &str) -> i64 {
    let value = line.split(' ').find_map(|word| word.strip_prefix(key)).unwrap();
    value.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
}

/// What the pump does when its power goes.
#[derive(Debug, Clone, Copy)]
enum Doing {
    Programming,
    Dosing,
    Logging,
}

impl Life<'_> {
    /// The pump that came back is the one that went: nothing that it said is otherwise, and its totals are what its motor did.
    fn is_the_same(&mut self) {
        assert!(self.pass(0).is_ok());
        self.ok("identify", &[]).ok().unwrap();
        let prescription = self.ask("prescription", &[]).ok().unwrap();
        let pending = self.heard.pending.take();
        if pending.as_ref() == Some(&prescription) {
            self.heard.prescription = prescription;
        } else if self.heard.prescription.is_empty() {
            assert_eq!(prescription, ["err code=no-prescription"]);
        } else {
            assert_eq!(
                prescription, self.heard.prescription,
                "neither the old one nor {pending:?}"
            );
        }
        for (verb, known) in [
            ("dose-log", self.heard.entries.clone()),
            ("event-log", self.heard.events.clone()),
        ] {
            let Some(newest) = known.keys().next_back().copied() else {
                continue;
            };
            let from = newest.saturating_sub(40).max(1);
            let page = self
                .ok(verb, &[("from", from.to_string()), ("count", "64".to_owned())])
                .ok()
                .unwrap();
            let (_bounds, lines) = page.split_last().unwrap();
            for (place, line) in lines.iter().enumerate() {
                let (number, rest) = line.strip_prefix("n=").unwrap().split_once(' ').unwrap();
                let number: u64 = number.parse().unwrap();
                assert_eq!(number, from + place as u64, "{verb} has a hole");
                if let Some(said) = known.get(&number) {
                    // In the log of events the kind has a key.
                    assert_eq!(rest.replace("event=", ""), *said, "{verb} {number}");
                }
            }
            assert!(
                from + lines.len() as u64 > newest,
                "{verb}: {newest} was said, and is lost"
            );
        }
        let totals = self.ok("totals", &[]).ok().unwrap();
        let reported = number(&totals[0], "total=");
        let displaced = self.displaced_nl();
        assert!(
            (reported - displaced).abs() <= STROKE_NL,
            "{reported} nl reported, {displaced} nl displaced"
        );
    }

    /// A pump out of its box gets a clock and a full reservoir; one that lost its power is told that somebody has seen it, and goes on.
    fn make_ready(&mut self, new: bool) -> Result<(), Gone> {
        if new {
            self.ok("clock-set", &[("rtc", "820886400s".to_owned())])?;
            self.ok(
                "refill",
                &[("removed", "0nl".to_owned()), ("added", "20000000nl".to_owned())],
            )?;
            return Ok(());
        }
        // Whatever ran when the power went does not go on by itself: ten minutes at minimum rate are less than a stroke.
        let before = self.displaced_nl();
        self.pass(10)?;
        let after = self.displaced_nl();
        assert!(
            after - before <= 2 * STROKE_NL,
            "{} nl after the power was back",
            after - before
        );
        let status = self.ok("status", &[])?;
        assert!(status[0].contains(" bolus=none "), "{status:?}");
        self.ok("log-every", &[("dose", "3600s".to_owned())])?;
        if status[0].contains("battery-reset") {
            self.ok("clear-alarm", &[("id", "battery-reset".to_owned())])?;
        }
        if !status[0].contains("state=stopped") {
            self.ok("stop", &[])?;
        }
        if !self.heard.prescription.is_empty() {
            self.ok("start", &[])?;
        }
        Ok(())
    }

    fn live(&mut self, doing: Doing, cut: Cut, seed: &mut u64) -> Result<(), Gone> {
        let before = i64::try_from(draw(seed) % 60).unwrap();
        match doing {
            Doing::Programming => {
                self.arm(cut);
                self.ok("session-begin", &[])?;
                let rate = format!("{}nl/d", 48_000 + draw(seed) % 400 * 1_000);
                let fields = [
                    ("drug", "morphine-10-mg-per-mL"),
                    ("conc", "10000000ng/ml"),
                    ("mode", "continuous"),
                    ("rate", rate.as_str()),
                ];
                let fields: Vec<(&str, String)> =
                    fields.into_iter().map(|(key, value)| (key, value.to_owned())).collect();
                self.ok("stage", &fields)?;
                let staged = self.ok("staged", &[])?;
                let crc = staged
                    .last()
                    .and_then(|line| line.split_once("crc32="))
                    .unwrap()
                    .1
                    .to_owned();
                self.heard.pending = Some(staged);
                self.ok("commit", &[("crc32", crc)])?;
                self.heard.prescription = self.heard.pending.take().unwrap();
            }
            Doing::Dosing => {
                self.pass(before)?;
                self.arm(cut);
                self.ok(
                    "bolus",
                    &[("dose", format!("{BOLUS_NL}nl")), ("over", "900s".to_owned())],
                )?;
                self.pass(60)?;
            }
            Doing::Logging => {
                self.ok("log-every", &[("dose", "60s".to_owned())])?;
                self.pass(before)?;
                self.arm(cut);
                self.pass(60)?;
            }
        }
        // The rest of the words may be those of the hours that follow.
        self.pass(before)
    }

    /// The most that may flow in an hour by the prescription that is in force, or is about to be.
    fn hourly_nl(&self) -> i64 {
        let both = self
            .heard
            .prescription
            .iter()
            .chain(self.heard.pending.iter().flatten());
        both.filter(|line| line.starts_with("rate="))
            .map(|line| number(line, "rate="))
            .max()
            .unwrap_or(0)
            / 24
    }
}

const BOLUS_NL: i64 = 20_000;

/// Says which cut it was, where an assertion fails.
struct ToldWhereItFailed(String);

impl Drop for ToldWhereItFailed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = writeln!(std::io::stderr(), "{}", self.0);
        }
    }
}

#[test]
fn power_that_goes_at_any_instant_loses_nothing_and_doses_nothing_twice() {
    let Some(folder) = repository::with_qemu(true) else {
        return;
    };
    let file = RigFile::load(&folder.join("fixtures/rigs/qemu-microbit.yaml")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (mut seed, mut world, mut heard) = (SEED, None, Heard::default());
    let (mut within, mut most_nl) = (0, 0);
    for number in 0..CUTS {
        let doing = match draw(&mut seed) % 3 {
            1 if !heard.prescription.is_empty() => Doing::Dosing,
            2 if !heard.prescription.is_empty() => Doing::Logging,
            _ => Doing::Programming,
        };
        let cut = Cut {
            words: 1 + (draw(&mut seed) % 100) as u32,
            instructions: (draw(&mut seed) % 32) as u32,
        };
        let _told = ToldWhereItFailed(format!("cut {number}: {doing:?}, {cut:?}"));
        let mut life = Life::begin(&runtime, &file, world.as_ref(), &mut heard);
        if world.is_some() {
            life.is_the_same();
            let displaced = life.displaced_nl();
            assert!(
                displaced <= most_nl,
                "{displaced} nl were displaced, where {most_nl} nl is all that there was to give"
            );
        }
        let begin = life.rig.now();
        assert!(life.make_ready(world.is_none()).is_ok());
        within += u32::from(life.live(doing, cut, &mut seed).is_err());
        // A grant that was cut goes an hour further than was seen, at most; and a stroke at each end.
        let hours = (life.rig.now().0 - begin.0) / (60 * MINUTE_MS) + 2;
        most_nl += hours * life.hourly_nl() + 2 * STROKE_NL + if matches!(doing, Doing::Dosing) { BOLUS_NL } else { 0 };
        world = Some(life.end());
    }
    assert!(
        within > CUTS / 2,
        "only {within} of {CUTS} cuts were within the writing of flash"
    );
}
