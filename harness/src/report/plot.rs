//! A small plot in text: the dose that was prescribed, and the one that the pump reported, against time.

use pump_hil_model::quantity::{Span, Volume};
use std::fmt::Write as _;

/// Columns and rows of the plot itself.
const WIDTH: usize = 60;
const HEIGHT: usize = 10;

/// What was given by an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Scenario time.
    pub t: Span,
    /// By the prescription, nL; `None` where it cannot be known.
    pub prescribed: Option<i64>,
    /// By the pump's own account, nL.
    pub reported: i64,
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
}

/// More would not show; fewer are kept by halves.
const POINTS_MAX: usize = 8 * WIDTH;

impl Points {
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

    /// The plot, with its axes; empty where nothing was given, or no time went by.
    #[must_use]
    pub fn plot(&self) -> String {
        let points = || self.all.iter().chain(&self.last);
        let volumes = points().flat_map(|point| [point.reported, point.prescribed.unwrap_or(0)]);
        let (Some(first), Some(last), Some(most)) = (self.all.first(), self.last, volumes.max()) else {
            return String::new();
        };
        let time = last.t.0.saturating_sub(first.t.0);
        if time <= 0 || most <= 0 {
            return String::new();
        }
        let mut rows = vec![[' '; WIDTH]; HEIGHT];
        for point in points() {
            let column = scaled(point.t.0.saturating_sub(first.t.0), time, WIDTH);
            let mut put = |nl: i64, mark: char| {
                if (0..=most).contains(&nl) {
                    rows[HEIGHT - 1 - scaled(nl, most, HEIGHT)][column] = mark;
                }
            };
            // Where both are in one place, what was reported is seen.
            point.prescribed.into_iter().for_each(|nl| put(nl, '.'));
            put(point.reported, '#');
        }
        let (most, none) = (Volume(most).to_string(), "0".to_owned());
        let label = |row: usize| match row {
            0 => most.as_str(),
            row if row + 1 == HEIGHT => none.as_str(),
            _ => "",
        };
        let mut text = String::from("  dose given in all: # reported by the pump, . prescribed\n");
        for (at, row) in rows.iter().enumerate() {
            let row: String = row.iter().collect();
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

    fn points(of: impl IntoIterator<Item = (i64, Option<i64>, i64)>) -> Points {
        let mut points = Points::default();
        for (t, prescribed, reported) in of {
            points.push(Point {
                t: Span(t),
                prescribed,
                reported,
            });
        }
        points
    }

    #[test]
    fn what_is_reported_beside_what_is_prescribed_is_seen_with_its_axes() {
        let hour = 3_600_000;
        let plot = points((0..=24).map(|h| (h * hour, Some(h * 20_000), h * 10_000))).plot();
        let lines: Vec<&str> = plot.lines().collect();
        assert_eq!(lines.len(), HEIGHT + 3);
        assert!(lines[1].contains("480 uL |") && lines[1].ends_with('.'), "{plot}");
        assert!(lines[HEIGHT].starts_with("           0 |#"), "{plot}");
        assert!(lines[HEIGHT / 2 + 1].ends_with('#'), "{plot}");
        assert!(
            lines[HEIGHT + 2].contains("00:00:00.000") && lines[HEIGHT + 2].ends_with("1+00:00:00.000"),
            "{plot}"
        );
        assert!(lines.iter().all(|line| line.chars().count() <= 78), "{plot}");
    }

    #[test]
    fn nothing_that_was_given_and_no_time_make_no_plot() {
        assert_eq!(points([]).plot(), "");
        assert_eq!(points([(0, Some(0), 0), (9, Some(0), 0)]).plot(), "");
        assert_eq!(points([(7, Some(1), 1)]).plot(), "");
        assert_eq!(points([(0, None, 5), (1, None, -9)]).plot().lines().count(), HEIGHT + 3);
    }

    #[test]
    fn the_points_of_years_are_kept_in_bounds_and_the_last_one_among_them() {
        let many = points((0..100_000).map(|t| (t, Some(t), t)));
        assert!(many.all.len() <= POINTS_MAX && many.all.len() > POINTS_MAX / 4);
        assert_eq!(many.last.unwrap().t.0, 99_999);
    }
}
