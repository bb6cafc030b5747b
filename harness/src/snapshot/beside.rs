//! An accepted dose log and a new one beside each other, row by row, as a person reads them.

use pump_hil_verdict::dose::{COLUMNS, DoseLog, cells};

/// The columns that are always there: time, what, detail.
const ALWAYS: usize = 3;

/// The lines of the table: a row that is the same in both once, one that differs as accepted and as new. Columns in which nothing stands are left out, and
/// those that never change, where the first row says them all.
pub(super) fn beside(old: Option<&DoseLog>, new: &DoseLog) -> Vec<String> {
    let rows = |log: &DoseLog| log.rows.iter().map(cells).collect::<Vec<_>>();
    let (old, new) = (old.map(rows), rows(new));
    let all = || old.iter().flatten().chain(&new);
    let says = |cell: &String| !matches!(cell.as_str(), "-" | "0.000" | "0.000000");
    let columns: Vec<usize> = (0..COLUMNS.len())
        .filter(|at| *at < ALWAYS || all().any(|row| says(&row[*at])))
        .collect();
    let widths: Vec<usize> = columns
        .iter()
        .map(|at| {
            all()
                .map(|row| row[*at].len())
                .chain([COLUMNS[*at].len()])
                .max()
                .unwrap_or(0)
        })
        .collect();
    let line = |number: &str, which: &str, row: &dyn Fn(usize) -> String| {
        let mut line = format!("{number:>4} {which:<8}");
        for (at, width) in columns.iter().zip(&widths) {
            let cell = row(*at);
            let is_text = (1..=4).contains(at);
            line.push_str(&if is_text {
                format!("  {cell:<width$}")
            } else {
                format!("  {cell:>width$}")
            });
        }
        line.trim_end().to_owned()
    };
    let mut lines = vec![line("row", "", &|at| COLUMNS[at].to_owned())];
    let before = old.as_deref().unwrap_or_default();
    for at in 0..before.len().max(new.len()) {
        let number = (at + 1).to_string();
        let told = |which: &str, row: &[String; 16]| line(&number, which, &|at| row[at].clone());
        match (before.get(at), new.get(at)) {
            (Some(old), Some(new)) if old == new => lines.push(told("", new)),
            (old_row, new_row) => {
                lines.extend(old_row.map(|row| told("accepted", row)));
                let which = if old.is_some() { "new" } else { "" };
                lines.extend(new_row.map(|row| told(which, row)));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::beside;
    use pump_hil_model::quantity::Span;
    use pump_hil_verdict::dose::{DoseLog, Row};

    fn log(basal: [i64; 3]) -> DoseLog {
        let row = |(at, nl): (usize, i64)| Row {
            t: Span(i64::try_from(at).unwrap() * 3_600_000),
            what: "periodic".to_owned(),
            detail: "-".to_owned(),
            state: "running".to_owned(),
            mode: "continuous".to_owned(),
            rate: Some(480_000),
            classes: Some([nl, 0, 0, 0, 0, 0]),
            actuated: None,
            delivered: None,
            reservoir: None,
        };
        DoseLog {
            rows: basal.into_iter().enumerate().map(row).collect(),
            ..DoseLog::default()
        }
    }

    #[test]
    fn rows_that_differ_stand_as_accepted_and_as_new_under_their_number() {
        let lines = beside(Some(&log([0, 20_000, 40_000])), &log([0, 20_000, 41_000]));
        let of_row = |number: &str| {
            lines
                .iter()
                .filter(|line| line.trim_start().starts_with(number))
                .count()
        };
        assert_eq!((lines.len(), of_row("1"), of_row("3")), (5, 1, 2), "{lines:#?}");
        assert!(
            lines[3].contains("accepted") && lines[3].contains("40.000"),
            "{lines:#?}"
        );
        assert!(lines[4].contains("new") && lines[4].contains("41.000"), "{lines:#?}");
        assert!(
            !lines[0].contains("patient") && !lines[0].contains("reservoir"),
            "{}",
            lines[0]
        );
        assert!(lines.iter().all(|line| line.len() <= 110), "{lines:#?}");
    }

    #[test]
    fn a_first_log_and_rows_that_one_has_more_are_seen_whole() {
        assert_eq!(beside(None, &log([0, 1, 2])).len(), 4);
        let mut longer = log([0, 1, 2]);
        longer.rows.push(longer.rows[2].clone());
        assert_eq!(beside(Some(&log([0, 1, 2])), &longer).len(), 5);
        assert!(beside(Some(&longer), &log([0, 1, 2]))[4].contains("accepted"));
    }
}
