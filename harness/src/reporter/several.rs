//! Several reporters of one run.

use super::event::{ReportError, Reporter, RunEvent};

/// All who hear of a run, in the order in which they are told.
#[derive(Default)]
pub struct Reporters {
    all: Vec<Box<dyn Reporter>>,
    failed: Vec<ReportError>,
}

impl Reporters {
    /// These; there may be none.
    #[must_use]
    pub fn new(all: Vec<Box<dyn Reporter>>) -> Self {
        Self {
            all,
            failed: Vec::new(),
        }
    }

    /// Tells each. One that fails is told nothing more, and keeps no other from hearing it.
    pub fn tell(&mut self, event: &RunEvent) {
        self.all.retain_mut(|reporter| match reporter.on(event) {
            Ok(()) => true,
            Err(error) => {
                self.failed.push(error);
                false
            }
        });
    }

    /// What could not be reported.
    ///
    /// # Errors
    /// The first error: of a disk that is full, one is as good as all.
    pub fn finish(self) -> Result<(), ReportError> {
        self.failed.into_iter().next().map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reporter::Ended;
    use pump_hil_model::quantity::Span;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// Notes what it is told, and fails where it is to.
    struct Heard {
        all: Rc<RefCell<Vec<String>>>,
        name: &'static str,
        fails_at_case: Option<usize>,
    }

    impl Reporter for Heard {
        fn on(&mut self, event: &RunEvent) -> Result<(), ReportError> {
            let what = match event {
                RunEvent::CaseBegun { case, .. } => format!("{}: case {case}", self.name),
                RunEvent::Ended(_) => format!("{}: the end", self.name),
                _ => return Ok(()),
            };
            self.all.borrow_mut().push(what);
            match event {
                RunEvent::CaseBegun { case, .. } if self.fails_at_case == Some(*case) => {
                    Err(ReportError::Output(std::io::Error::other(self.name)))
                }
                _ => Ok(()),
            }
        }
    }

    #[test]
    fn one_that_fails_keeps_no_other_from_hearing_the_rest() {
        let all = Rc::default();
        let heard = |name, fails_at_case| -> Box<dyn Reporter> {
            Box::new(Heard {
                all: Rc::clone(&all),
                name,
                fails_at_case,
            })
        };
        let mut reporters = Reporters::new(vec![heard("a", Some(1)), heard("b", None), heard("c", Some(2))]);
        for case in 0..3 {
            let name = String::new();
            let length = Span(0);
            let scale = None;
            reporters.tell(&RunEvent::CaseBegun {
                case,
                name,
                length,
                scale,
            });
        }
        reporters.tell(&RunEvent::Ended(Ended::default()));
        let expected = [
            "a: case 0",
            "b: case 0",
            "c: case 0",
            "a: case 1",
            "b: case 1",
            "c: case 1",
            "b: case 2",
            "c: case 2",
            "b: the end",
        ];
        assert_eq!(*all.borrow(), expected);
        let told = reporters.finish().map_err(|error| error.to_string());
        assert_eq!(
            told,
            Err("cannot write to standard output: a".to_owned()),
            "the first is told"
        );
    }
}
