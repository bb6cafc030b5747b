use super::{Builder, DoseLog, compare};
use pump_hil_model::case::Tolerance;
use pump_hil_model::event::{Body, Event, Polled, Said};
use pump_hil_model::observing::{Asked, Observing};
use pump_hil_model::quantity::{Percent, Span, Volume};
use pump_hil_testing::situation::{DAY, HOUR, MINUTE, Run, SECOND};

const TABLE: &str = "\
# dose log of situation
# time: days+hours:minutes:seconds since the begin; rate: mL/day; volumes: uL since the begin; reservoir: uL left
# total: all that the pump reports; actuated: motor strokes, by the probe; delivered: truly left the catheter's tip
        time  what      detail              state    mode            rate   basal  patient  periodic  clinician  prime  bridge   total  actuated  delivered  reservoir
00:00:00.000  start     command             running  continuous  0.480000   0.000    0.000     0.000      0.000  0.000   0.000   0.000     0.000      0.000  20000.000
01:00:00.000  periodic  -                   running  continuous  0.480000  20.000    0.000     0.000      0.000  0.000   0.000  20.000    20.000     20.000  19980.000
02:00:00.000  periodic  -                   running  continuous  0.480000  40.000    0.000     0.000      0.000  0.000   0.000  40.000    40.000     40.000  19960.000
02:00:00.000  alarm     occlusion/critical  running  continuous         -       -        -         -          -      -       -       -    40.000     40.000          -
02:00:00.000  stop      occlusion           stopped  continuous  0.000000  40.000    0.000     0.000      0.000  0.000   0.000  40.000    40.000     40.000  19960.000
02:00:00.000  end       -                   stopped  continuous  0.000000  40.000    0.000     0.000      0.000  0.000   0.000  40.000    40.000     40.000  19960.000
";

fn log(events: &[Event]) -> DoseLog {
    let mut builder = Builder::new("situation");
    for event in events {
        builder.on_event(event);
    }
    builder.finish()
}

#[test]
fn the_table_reads_as_a_person_would_write_it() {
    let mut run = Run::begun();
    run.start(480_000)
        .basal_until(2 * HOUR)
        .alarm("occlusion", "critical")
        .state("stopped", "occlusion")
        .entry("stop");
    assert_eq!(log(&run.ended()).to_string(), TABLE);
}

#[test]
fn a_table_is_read_back_as_it_was() {
    let mut run = Run::begun();
    run.start(480_000)
        .basal_until(DAY + 5 * HOUR)
        .alarm("eri", "non-critical");
    let log = log(&run.ended());
    assert_eq!(DoseLog::parse(&log.to_string()), Ok(log));
}

#[test]
fn ten_years_are_a_table_that_a_person_can_review() {
    let mut run = Run::begun();
    run.start(480_000);
    for day in 0..3_650 {
        run.basal_until(day * DAY + 12 * HOUR);
        run.said(Said::BolusStart {
            kind: "patient".into(),
            dose_nl: 20_000,
            over_ms: MINUTE,
        })
        .entry("bolus-start");
        let end = run.t + MINUTE;
        run.give(1, 20_000).at(end);
        run.said(Said::BolusEnd {
            kind: "patient".into(),
            given_nl: 20_000,
            cause: "complete".into(),
        })
        .entry("bolus-end");
        if day % 30 == 0 {
            run.reservoir = 20_000_000;
            run.entry("refill");
        }
    }
    run.alarm("eri", "non-critical");
    let log = log(&run.ended());
    assert!(log.rows.len() < 420, "{} rows", log.rows.len());
    assert_eq!(log.rows.iter().filter(|r| r.what == "refill").count(), 122);
    assert_eq!(log.rows.iter().filter(|r| r.what == "alarm").count(), 1);
    assert_eq!(
        log.rows.last().unwrap().total(),
        Some(run.total()),
        "nothing is hidden at the end"
    );
    assert_eq!(DoseLog::parse(&log.to_string()), Ok(log));
}

#[test]
fn text_of_the_pump_stays_one_word_of_the_table() {
    let mut run = Run::begun();
    run.start(480_000).alarm("\u{1b}[31m evil\nrow", "critical").sample();
    let log = log(&run.ended());
    let row = log.rows.iter().find(|r| r.what == "alarm").unwrap();
    assert_eq!(row.detail, "?[31m?evil?row/critical");
    assert_eq!(DoseLog::parse(&log.to_string()).unwrap().rows.len(), log.rows.len());
}

#[test]
fn volumes_count_from_the_begin_of_the_scenario() {
    let mut run = Run::default();
    run.mode = "continuous".into();
    run.give(0, 1_000_000).entry("periodic").push(Body::Begun);
    run.give(0, 500).entry("periodic");
    let log = log(&run.ended());
    assert_eq!(log.rows[0].total(), Some(500));
    assert_eq!((log.rows[0].actuated, log.rows[0].delivered), (Some(500), Some(500)));
}

#[test]
fn a_log_that_somebody_edited_is_refused_with_its_line() {
    let mut run = Run::begun();
    run.start(480_000).basal_until(2 * HOUR);
    let text = log(&run.ended()).to_string();
    let bad = text.replacen("20.000", "20.00", 1);
    assert!(DoseLog::parse(&bad).unwrap_err().to_string().contains("line"));
    assert!(DoseLog::parse("nonsense").is_err());
    assert!(DoseLog::parse("").is_err());
}

#[test]
fn by_the_wall_clock_an_announcement_and_its_entry_are_one_row_by_the_pumps_own_time() {
    let mut run = Run::begun();
    run.start(480_000).basal_until(HOUR).state("stopped", "command");
    let later = run.t + 7;
    run.at(later).entry("stop");
    let mut events = run.ended();
    let rows = |events: &[Event]| {
        log(events)
            .rows
            .iter()
            .filter(|row| row.what == "stop" || row.what == "state")
            .count()
    };
    assert_eq!(rows(&events), 2, "by the time of arrival alone they are two");
    for event in &mut events {
        if let Body::Pump { pump_t, said, .. } = &mut event.body {
            let apart = match said {
                Said::State { to, .. } => to == "stopped",
                Said::Dose(entry) => entry.cause == "stop",
                _ => false,
            };
            *pump_t = Some(if apart { Span(HOUR) } else { event.t });
        }
    }
    assert_eq!(rows(&events), 1);
}

#[test]
fn what_a_rig_cannot_see_is_not_compared_and_what_it_can_is() {
    let mut run = Run::begun();
    run.start(480_000).basal_until(HOUR);
    let seen = log(&run.ended());
    let mut unseen = seen.clone();
    for row in &mut unseen.rows {
        (row.actuated, row.delivered) = (None, None);
    }
    let exact = Tolerance {
        volume: Percent(0),
        volume_floor: Volume(0),
        time: Span(0),
    };
    assert_eq!(compare(&seen, &unseen, &exact), []);
    unseen.rows[0].actuated = Some(1);
    assert!(!compare(&seen, &unseen, &exact).is_empty());
}

#[test]
fn an_entry_completes_its_event_though_a_sample_came_between_them() {
    let table = |sampled: bool| {
        let mut run = Run::begun();
        run.start(480_000).basal_until(HOUR).state("stopped", "command");
        if sampled {
            run.sample();
        }
        log(&run.entry("stop").ended()).to_string()
    };
    assert_eq!(table(true), table(false));
}

#[test]
fn rows_have_no_order_within_the_time_by_which_the_line_was_late() {
    let mut run = Run::begun();
    run.start(480_000).basal_until(HOUR).alarm("magnet", "non-critical");
    let accepted = log(&run.basal_until(2 * HOUR).ended());
    let mut came = accepted.clone();
    came.rows.swap(1, 2);
    for row in &mut came.rows[2..3] {
        row.t = Span(row.t.0 + SECOND);
    }
    let strict = Tolerance {
        volume: Percent(0),
        volume_floor: Volume(0),
        time: Span(0),
    };
    let differ = |came: &DoseLog| compare(&accepted, came, &strict).len();
    assert_eq!(differ(&came), 1, "{came}");
    came.late = Span(SECOND);
    assert_eq!(differ(&came), 0);
    came.late = Span(SECOND - 1);
    assert_ne!(differ(&came), 0);
}

/// A run of a pump that is asked twice a second, and whose total grows by this much each time.
fn sampled(growth: &[i64]) -> DoseLog {
    let mut builder = Builder::new("asked");
    let mut events = vec![Body::Observing {
        how: Observing {
            reported: Some(Asked {
                ask: "status".to_owned(),
                every: Span(500),
                resolution: Volume(1_000),
            }),
            entry_per: Some(Volume(10_000)),
            ..Observing::default()
        },
    }];
    let told = |nl: i64| {
        let fields = [
            ("reported".to_owned(), format!("{nl}nl")),
            ("state".to_owned(), "running".to_owned()),
        ];
        Body::Polled(Polled {
            verb: "status".to_owned(),
            refused: None,
            fields: std::sync::Arc::new(fields.into()),
            request: None,
        })
    };
    events.extend([told(70_000), Body::Begun]);
    let mut total = 70_000;
    events.extend(growth.iter().map(|nl| {
        total += nl;
        told(total)
    }));
    events.push(Body::Played);
    for (at, body) in (-1..).zip(events) {
        let t = Span((at * 500).max(0));
        builder.on_event(&Event { t, host_us: 0, body });
    }
    builder.finish()
}

#[test]
fn a_log_out_of_samples_has_a_row_for_each_volume_and_says_what_it_is() {
    let log = sampled(&[0, 9_000, 15_000, 0]);
    let text = log.to_string();
    assert!(
        text.contains("# sampled: every 500 ms, +- 1 uL, a row for each 10 uL that the pump reports; it writes no log"),
        "{text}"
    );
    let rows: Vec<_> = log.rows.iter().map(|row| (row.what.as_str(), row.total())).collect();
    assert_eq!(
        rows,
        [
            ("reported", Some(10_000)),
            ("reported", Some(20_000)),
            ("end", Some(24_000))
        ]
    );
    assert!(
        log.rows[0].state == "-",
        "what the state was depends on when it was asked"
    );
    assert_eq!(DoseLog::parse(&text).unwrap(), log);
}

#[test]
fn samples_are_compared_as_roughly_as_they_are_told() {
    let tolerance = Tolerance {
        volume: Percent(0),
        volume_floor: Volume(0),
        time: Span(0),
    };
    let differ = |one: &DoseLog, other: &DoseLog| compare(one, other, &crate::snapshot::allowed(other, &tolerance));
    let first = sampled(&[9_000, 15_000, 0, 0]);
    // The same dose, seen half a second later and a little less.
    let again = sampled(&[0, 9_000, 13_000, 0]);
    assert!(differ(&first, &again).is_empty(), "{:?}", differ(&first, &again));
    let late = sampled(&[0, 0, 9_000, 15_000]);
    assert!(!differ(&first, &late).is_empty(), "a second later");
    let less = sampled(&[9_000, 12_500, 0, 0]);
    assert!(!differ(&first, &less).is_empty(), "2.5 uL less");
    let mut by_pump = first.clone();
    by_pump.sampled = None;
    assert!(!differ(&first, &by_pump).is_empty());
}
