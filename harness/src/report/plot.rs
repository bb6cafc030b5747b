//! A small plot in text: the dose that was prescribed, and the one that the pump reported, moved and delivered, against time.

use super::units::in_units;
use pump_hil_model::quantity::{Span, Volume};
use std::fmt::Write as _;

/// Columns and rows of the plot itself.
const WIDTH: usize = 60;
const HEIGHT: usize = 10;
/// Halves of a row in the plot.
const HALF_ROWS: i128 = 2 * (HEIGHT as i128 - 1);

/// What was given by an instant, in all, nL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Scenario time.
    pub t: Span,
    /// By the prescription; `None` where it cannot be known.
    pub prescribed: Option<i64>,
    /// By the pump's own account.
    pub reported: i64,
    /// By the strokes of the motor; `None` where no test block shows them.
    pub actuated: Option<i64>,
    /// What truly left the catheter; `None` where no test block shows it.
    pub delivered: Option<i64>,
}

impl Point {
    /// As the marks stand in [`MARKS`].
    fn volumes(&self) -> [Option<i64>; 4] {
        [self.prescribed, Some(self.reported), self.actuated, self.delivered]
    }
}

/// The mark of each account where it stands alone, and what it is.
const MARKS: [(char, &str); 4] = [
    ('.', PRESCRIBED),
    ('r', "reported by the pump"),
    ('a', "actuated (motor)"),
    ('d', "delivered (catheter)"),
];
/// Where several stand in one place: with the prescription among them, and without it.
const WITH: char = '*';
const WITHOUT: char = '=';
const PRESCRIBED: &str = "prescribed";
/// The accounts, where they are named together.
const NAMES: [&str; 4] = [PRESCRIBED, "reported", "actuated", "delivered"];

/// The mark of a place where these accounts stand; `None` where there is none.
fn mark(there: [bool; 4]) -> Option<char> {
    let at = there.iter().position(|is| *is)?;
    let several = there.iter().filter(|is| **is).count() > 1;
    Some(match (several, there[0]) {
        (false, _) => MARKS[at].0,
        (true, true) => WITH,
        (true, false) => WITHOUT,
    })
}

/// What a mark means that stands for several accounts in one place, with all that it stands for anywhere; `None` where it stands nowhere.
fn together(wanted: char, places: &[[[bool; 4]; WIDTH]]) -> Option<String> {
    let of_mark = || places.iter().flatten().filter(|there| mark(**there) == Some(wanted));
    let first = of_mark().next()?;
    let always_the_same = of_mark().all(|there| there == first);
    let is_there = |account: &usize| of_mark().any(|there| there[*account]);
    let mut names: Vec<&str> = (0..NAMES.len()).filter(is_there).map(|at| NAMES[at]).collect();
    if always_the_same {
        let last = names.pop()?;
        return Some(format!("{} and {last} together", names.join(", ")));
    }
    Some(match wanted {
        WITH => format!("{PRESCRIBED}, with one or more of {}", names[1..].join(", ")),
        _ => format!("two or more of {} together", names.join(", ")),
    })
}

/// The points of a run, of which no more are kept than a plot can show.
#[derive(Debug, Clone, Default)]
pub struct Points {
    all: Vec<Point>,
    /// Each how many is kept.
    every: usize,
    skipped: usize,
    /// The newest, also where it is not kept.
    last: Option<Point>,
    /// They are a part of a run: the axis of the volumes begins at their least one.
    is_part: bool,
}

/// More would not show; fewer are kept by halves.
const POINTS_MAX: usize = 8 * WIDTH;

impl Points {
    /// Those of a part of a run.
    #[must_use]
    pub fn of_part() -> Self {
        Self {
            is_part: true,
            ..Self::default()
        }
    }

    /// Takes the next point.
    pub fn push(&mut self, point: Point) {
        self.last = Some(point);
        self.skipped += 1;
        if self.skipped < self.every.max(1) {
            return;
        }
        self.skipped = 0;
        if self.all.len() == POINTS_MAX {
            let mut keep = false;
            self.all.retain(|_| {
                keep = !keep;
                keep
            });
            self.every = 2 * self.every.max(1);
        }
        self.all.push(point);
    }

    /// The plot, with its axes and what its marks mean, its volumes in the units of a scenario; empty where nothing was given, or no time went by.
    #[must_use]
    pub fn plot(&self, units: &[String]) -> String {
        let points = || self.all.iter().chain(&self.last);
        let volumes = points().flat_map(|point| point.volumes().into_iter().flatten());
        let (Some(first), Some(last), Some(most)) = (self.all.first(), self.last, volumes.max()) else {
            return String::new();
        };
        let time = last.t.0.saturating_sub(first.t.0);
        if time <= 0 || most <= 0 {
            return String::new();
        }
        let volumes = points().flat_map(|point| point.volumes().into_iter().flatten());
        // Where nothing was given in a part, its line stands at the top.
        let least = volumes
            .min()
            .filter(|least| self.is_part && (0..most).contains(least))
            .unwrap_or(0);
        let range = most.saturating_sub(least);
        let mut places = vec![[[false; 4]; WIDTH]; HEIGHT];
        for point in points() {
            let column = scaled(point.t.0.saturating_sub(first.t.0), time, WIDTH);
            // What differs from the prescription by less than half a row stands in its row: else the edge between two rows would look like a difference.
            let is_near = |nl: i64, to: i64| i128::from(nl.abs_diff(to)) * HALF_ROWS <= i128::from(range);
            let near = |nl: i64| point.prescribed.filter(|to| is_near(nl, *to)).unwrap_or(nl);
            for (account, nl) in point.volumes().into_iter().enumerate() {
                if let Some(nl) = nl.map(near).filter(|nl| (least..=most).contains(nl)) {
                    let row = scaled(nl.saturating_sub(least), range, HEIGHT);
                    places[HEIGHT - 1 - row][column][account] = true;
                }
            }
        }
        let mut text = String::from("  dose given in all\n");
        let stands = |wanted: char| places.iter().flatten().any(|there| mark(*there) == Some(wanted));
        let alone = MARKS.iter().filter(|(mark, _)| stands(*mark));
        let alone = alone.map(|(mark, means)| (*mark, (*means).to_owned()));
        let several = [WITH, WITHOUT].map(|mark| Some((mark, together(mark, &places)?)));
        for (mark, means) in alone.chain(several.into_iter().flatten()) {
            let _ = writeln!(text, "  {mark:>10} {means}");
        }
        let told = |nl: i64| in_units(units, &Volume(nl).to_string());
        let (most, none) = (told(most), if least > 0 { told(least) } else { "0".to_owned() });
        let label = |row: usize| match row {
            0 => most.as_str(),
            row if row + 1 == HEIGHT => none.as_str(),
            _ => "",
        };
        for (at, row) in places.iter().enumerate() {
            let row: String = row.iter().map(|there| mark(*there).unwrap_or(' ')).collect();
            let _ = writeln!(text, "  {:>10} |{}", label(at), row.trim_end());
        }
        let (from, to) = (first.t.clock(), last.t.clock());
        let _ = writeln!(text, "  {:>10} +{}", "", "-".repeat(WIDTH));
        let gap = WIDTH.saturating_sub(from.len() + to.len()).max(1);
        let _ = writeln!(text, "  {:>10}  {from}{}{to}", "", " ".repeat(gap));
        text
    }
}

/// The place of `value`, of at most `most`, among `places`.
fn scaled(value: i64, most: i64, places: usize) -> usize {
    let last = i128::try_from(places.saturating_sub(1)).unwrap_or(0);
    let place = (i128::from(value) * last * 2 + i128::from(most)) / (2 * i128::from(most.max(1)));
    usize::try_from(place.clamp(0, last)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points of the time, and what is prescribed, reported, actuated and delivered.
    fn points(of: impl IntoIterator<Item = (i64, [Option<i64>; 4])>) -> Points {
        let mut points = Points::default();
        for (t, [prescribed, reported, actuated, delivered]) in of {
            points.push(Point {
                t: Span(t),
                prescribed,
                reported: reported.unwrap_or(0),
                actuated,
                delivered,
            });
        }
        points
    }

    const HOUR: i64 = 3_600_000;

    #[test]
    fn what_is_reported_beside_what_is_prescribed_is_seen_with_its_axes() {
        let of = |h| (h * HOUR, [Some(h * 20_000), Some(h * 10_000), None, None]);
        let plot = points((0..=24).map(of)).plot(&["uL".to_owned()]);
        let lines: Vec<&str> = plot.lines().collect();
        // A heading, three marks that stand there, and the two lines of the time.
        assert_eq!(lines.len(), HEIGHT + 6, "{plot}");
        let rows = &lines[4..4 + HEIGHT];
        assert!(rows[0].contains("480 uL |") && rows[0].ends_with('.'), "{plot}");
        assert!(rows[HEIGHT - 1].starts_with("           0 |*"), "{plot}");
        assert!(rows[HEIGHT / 2].ends_with('r'), "{plot}");
        assert!(
            lines[5 + HEIGHT].contains("00:00:00.000") && lines[5 + HEIGHT].ends_with("1+00:00:00.000"),
            "{plot}"
        );
        assert!(lines.iter().all(|line| line.chars().count() <= 78), "{plot}");
        assert!(points((0..=24).map(of)).plot(&["mL".to_owned()]).contains("0.48 mL |"));
    }

    #[test]
    fn no_mark_hides_another_and_each_that_stands_there_is_explained() {
        // What is delivered stays behind, as by a block; the pump and its motor go on as prescribed.
        let of = |h| (h * HOUR, [Some(h * 100), Some(h * 100), Some(h * 100), Some(200)]);
        let plot = points((0..=9).map(of)).plot(&[]);
        let with = "* prescribed, with one or more of reported, actuated, delivered";
        for told in ["d delivered (catheter)", with] {
            assert!(plot.contains(told), "{told}: {plot}");
        }
        assert!(!plot.contains("= ") && !plot.contains(". prescribed"), "{plot}");
        // The prescription alone, the others together.
        let of = |h| (h * HOUR, [Some(900), Some(h * 10), Some(h * 10), Some(h * 10)]);
        let plot = points((0..=9).map(of)).plot(&[]);
        assert!(
            plot.contains(". prescribed") && plot.contains("= reported, actuated and delivered together"),
            "{plot}"
        );
    }

    #[test]
    fn what_is_as_prescribed_but_for_a_stroke_does_not_stand_apart() {
        let of = |h| {
            (
                h * HOUR,
                [Some(h * 25_000), Some(h * 25_000 - 500), Some(h * 25_000 + 500), None],
            )
        };
        let plot = points((0..=24).map(of)).plot(&[]);
        assert!(
            !plot.contains('=') && !plot.contains(" r ") && plot.contains('*'),
            "{plot}"
        );
    }

    #[test]
    fn nothing_that_was_given_and_no_time_make_no_plot() {
        let plot = |of: &[(i64, [Option<i64>; 2])]| {
            let four =
                |(t, [prescribed, reported]): &(i64, [Option<i64>; 2])| (*t, [*prescribed, *reported, None, None]);
            points(of.iter().map(four)).plot(&[])
        };
        assert_eq!(plot(&[]), "");
        assert_eq!(plot(&[(0, [Some(0), Some(0)]), (9, [Some(0), Some(0)])]), "");
        assert_eq!(plot(&[(7, [Some(1), Some(1)])]), "");
        assert_ne!(plot(&[(0, [None, Some(5)]), (1, [None, Some(-9)])]), "");
    }

    #[test]
    fn a_part_of_a_run_fills_its_plot() {
        let mut part = Points::of_part();
        for hour in 13..=15 {
            let nl = hour * 20_000;
            part.push(Point {
                t: Span(hour * HOUR),
                prescribed: Some(nl),
                reported: nl,
                actuated: None,
                delivered: None,
            });
        }
        let plot = part.plot(&["uL".to_owned()]);
        for told in ["    300 uL |", "    260 uL |*", "13:00:00.000", "15:00:00.000"] {
            assert!(plot.contains(told), "{told}: {plot}");
        }
    }

    #[test]
    fn the_points_of_years_are_kept_in_bounds_and_the_last_one_among_them() {
        let many = points((0..100_000).map(|t| (t, [Some(t), Some(t), None, None])));
        assert!(many.all.len() <= POINTS_MAX && many.all.len() > POINTS_MAX / 4);
        assert_eq!(many.last.unwrap().t.0, 99_999);
    }
}
