use super::{Table, table};
use pump_hil_model::case::Tolerance;
use pump_hil_model::quantity::{Percent, Span, Volume};
use pump_hil_verdict::dose::{Beside, DoseLog, Row, beside};

const UP_TO_A_STROKE: Tolerance = Tolerance {
    volume: Percent(0),
    volume_floor: Volume(500),
    time: Span(0),
};

fn log(basal: &[i64]) -> DoseLog {
    let row = |(at, nl): (i64, &i64)| Row {
        t: Span(at * 3_600_000),
        what: "periodic".to_owned(),
        detail: "-".to_owned(),
        state: "running".to_owned(),
        mode: "continuous".to_owned(),
        rate: Some(480_000),
        classes: Some([*nl, 0, 0, 0, 0, 0]),
        reported: None,
        actuated: None,
        delivered: None,
        reservoir: Some(20_000_000 - nl),
    };
    DoseLog {
        rows: (0..).zip(basal).map(row).collect(),
        ..DoseLog::default()
    }
}

fn text(old: Option<&DoseLog>, new: &DoseLog, width: usize) -> Vec<String> {
    let alone = |row: &Row| Beside {
        old: None,
        new: Some(row.clone()),
        beyond: Vec::new(),
    };
    let rows = match old {
        Some(old) => beside(old, new, &UP_TO_A_STROKE),
        None => new.rows.iter().map(alone).collect(),
    };
    let Table { notes, head, rows, .. } = table(&rows, old.is_some(), width);
    [notes, head, rows]
        .concat()
        .iter()
        .map(|line| line.shown(false))
        .collect()
}

#[test]
fn what_differs_stands_side_by_side_where_there_is_room() {
    let lines = text(Some(&log(&[0, 20_000, 40_000])), &log(&[0, 20_400, 41_000]), 200);
    insta::assert_snapshot!(lines.join("\n"), @r"
in every row: state running, mode continuous, rate 0.480000
nothing in: detail, patient, periodic, clinician, prime, bridge, actuated, delivered
! differs by more than is allowed; ~ differs, and may
row            time  what         basal                 total              reservoir
                               accepted        new   accepted        new    accepted         new
  1    00:00:00.000  periodic     0.000      0.000      0.000      0.000   20000.000   20000.000
  2 ~  01:00:00.000  periodic    20.000     20.400~    20.000     20.400~  19980.000   19979.600~
  3 !  02:00:00.000  periodic    40.000     41.000!    40.000     41.000!  19960.000   19959.000!
");
}

#[test]
fn in_a_narrow_terminal_old_and_new_stand_under_each_other() {
    let lines = text(Some(&log(&[0, 20_000, 40_000])), &log(&[0, 20_400, 41_000]), 60);
    // Notes are broken where they are shown.
    let table = &lines[3..];
    assert!(table.iter().all(|line| line.len() <= 60), "{lines:#?}");
    insta::assert_snapshot!(table.join("\n"), @r"
row                     time  what       basal    total
                reservoir
  1             00:00:00.000  periodic   0.000    0.000
                20000.000
  2 ~ accepted  01:00:00.000  periodic  20.000   20.000
                19980.000
  2 ~ new       01:00:00.000  periodic  20.400~  20.400~
                19979.600~
  3 ! accepted  02:00:00.000  periodic  40.000   40.000
                19960.000
  3 ! new       02:00:00.000  periodic  41.000!  41.000!
                19959.000!
");
}

#[test]
fn a_first_log_is_seen_whole_and_so_is_what_one_has_more() {
    let number = |line: &String| line[..3].trim().parse::<u32>().is_ok();
    let rows = |lines: Vec<String>, sign: &str| {
        let rows = lines.iter().filter(|line| line.len() > 5 && number(line));
        rows.filter(|line| line[..5].contains(sign)).count()
    };
    let (short, long) = (log(&[0, 1]), log(&[0, 1, 1]));
    assert_eq!(rows(text(None, &long, 200), "3"), 1);
    assert_eq!(rows(text(Some(&short), &long, 200), "+"), 1);
    assert_eq!(rows(text(Some(&long), &short, 200), "-"), 1);
}
