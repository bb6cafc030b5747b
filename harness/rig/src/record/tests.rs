//! Firmware that truly faults, in QEMU: `fixtures/firmware/probed`.

use super::*;
use crate::qemu::{Process, QemuAt};
use crate::rtt::Logs;
use pump_hil_model::crash::Frame;
use pump_hil_model::event::Body;
use std::sync::Arc;
use std::time::Duration;

/// So often a machine is looked at that must come to something.
const LOOKS: u32 = 100_000;
const LIMIT: Duration = Duration::from_secs(20);

/// The firmware, running.
struct Probed {
    _process: Process,
    debug: Debug,
    image: Arc<Image>,
    source: String,
}

impl Probed {
    /// `None`, visibly, where there is no QEMU.
    fn start() -> Option<Self> {
        let folder = pump_hil_testing::repository::with_qemu(false)?.join("fixtures/firmware");
        let elf = folder.join("probed.elf");
        let image = Image::parse(std::fs::read(&elf).expect("the image is there")).expect("it is one");
        let at = QemuAt {
            machine: "microbit".to_owned(),
            elf: Some(elf),
            args: Vec::new(),
        };
        let source = std::fs::read_to_string(folder.join("probed/src/main.rs")).expect("the source is there");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("an event loop");
        let (process, machine) = runtime.block_on(Process::start(&at, LIMIT)).expect("QEMU starts");
        let mut debug = Debug::attach_virtual(Box::new(machine)).expect("attaches");
        debug.catch_faults(true).expect("caught");
        debug.run_if_halted().expect("runs");
        Some(Self {
            _process: process,
            debug,
            image: Arc::new(image),
            source,
        })
    }

    /// Tells it to do something; it must be through with its start.
    fn want(&mut self, what: u32) {
        let mut logs = Logs::of(Some(Arc::clone(&self.image)));
        let ready = (0..LOOKS).any(|_| !logs.look(&mut self.debug).is_empty());
        assert!(ready, "it says nothing");
        let wanted = self.image.symbol("WANTED").expect("there");
        self.debug.write_word(wanted.addr, what).expect("written");
    }

    /// What it says by `defmt` when it is told to say everything.
    fn said(&mut self) -> Vec<pump_hil_model::event::Log> {
        self.want(1);
        let mut logs = Logs::of(Some(Arc::clone(&self.image)));
        let mut said = Vec::new();
        for _ in 0..LOOKS {
            said.extend(logs.look(&mut self.debug).into_iter().filter_map(|body| match body {
                Body::Log(log) => Some(log),
                _ => None,
            }));
            if said.iter().any(|log| log.text.starts_with("plain")) {
                return said;
            }
        }
        panic!("it does not say everything: {said:#?}");
    }

    /// What it was doing when it faulted.
    fn fault(&mut self, what: u32) -> Crash {
        self.want(what);
        let halted = (0..LOOKS).any(|_| self.debug.is_halted().expect("asked"));
        assert!(halted, "it does not fault");
        assert!(self.debug.stands_at_fault().expect("asked"));
        let mut crash = Crash::new(Why::Fault);
        core(&mut crash, &mut self.debug, Some(&self.image));
        crash
    }

    /// The line of the source that holds `text`.
    fn line(&self, text: &str) -> Option<u32> {
        let place = self.source.lines().position(|line| line.contains(text));
        Some(place.expect("it stands there") as u32 + 1)
    }
}

fn functions(crash: &Crash) -> Vec<&str> {
    crash.stack.iter().map(|frame| frame.function.as_str()).collect()
}

fn named<'a>(crash: &'a Crash, function: &str) -> &'a Frame {
    let frame = crash.stack.iter().find(|frame| frame.function == function);
    frame.unwrap_or_else(|| panic!("no `{function}` in {crash:#?}"))
}

#[test]
fn a_fault_is_told_with_function_file_and_line_behind_its_handler() {
    let Some(mut probed) = Probed::start() else { return };
    let crash = probed.fault(2);
    assert_eq!(crash.exception.as_deref(), Some("HardFault"));
    let names = [
        "HardFault",
        "core::ptr::read_volatile::<u32>",
        "probed::stroke",
        "probed::deliver",
        "probed::__cortex_m_rt_main",
        "main",
        "Reset",
    ];
    assert_eq!(functions(&crash), names);
    assert_eq!(crash.stack[1].interrupted_by.as_deref(), Some("HardFault"));
    let stroke = named(&crash, "probed::stroke");
    assert!(stroke.inlined);
    assert_eq!(stroke.file.as_deref(), Some("/probed/src/main.rs"));
    assert_eq!(stroke.line, probed.line("ptr::read_volatile"));
    let deliver = named(&crash, "probed::deliver");
    assert!(!deliver.inlined);
    assert_eq!(deliver.line, probed.line("let volume"));
    assert_eq!(
        named(&crash, "probed::__cortex_m_rt_main").line,
        probed.line("2 => deliver")
    );
    assert_eq!(crash.stack_end, "nobody called this");
    assert_eq!(crash.registers[0], ("r0".to_owned(), "0x30000000".to_owned()));
}

#[test]
fn a_fault_inside_an_exception_is_followed_into_what_that_interrupted() {
    let Some(mut probed) = Probed::start() else { return };
    let crash = probed.fault(6);
    let called = named(&crash, "probed::__cortex_m_rt_SVCall");
    assert!(called.interrupted_by.is_none());
    assert_eq!(called.line, probed.line("deliver(black_box("));
    let main = named(&crash, "probed::__cortex_m_rt_main");
    assert_eq!(main.interrupted_by.as_deref(), Some("SVCall"));
    assert_eq!(functions(&crash).last(), Some(&"Reset"));
}

#[test]
fn an_instruction_that_is_none_is_found_where_it_stands() {
    let Some(mut probed) = Probed::start() else { return };
    let crash = probed.fault(4);
    let main = named(&crash, "probed::__cortex_m_rt_main");
    assert_eq!(main.line, probed.line("4 => cortex_m"));
}

#[test]
fn who_jumped_to_nowhere_is_told() {
    let Some(mut probed) = Probed::start() else { return };
    let crash = probed.fault(5);
    assert_eq!(crash.stack[1].at, "0x30000000");
    assert_eq!(crash.stack[1].function, "no code");
    assert_eq!(crash.stack[2].function, "probed::__cortex_m_rt_main");
    assert_eq!(crash.stack[2].line, probed.line("nowhere();"));
}

#[test]
fn a_stack_of_garbage_ends_the_walk_soon_and_the_fault_is_told_all_the_same() {
    let Some(mut probed) = Probed::start() else { return };
    let crash = probed.fault(3);
    assert_eq!(named(&crash, "probed::smash").line, probed.line("stroke(0x3000_0000)"));
    assert!(crash.stack.len() < 8, "{:?}", functions(&crash));
    assert!(
        crash.stack_end.contains("0x20003f81 is not code"),
        "{}",
        crash.stack_end
    );
}

#[test]
fn a_breakpoint_is_no_fault_and_a_fault_that_is_not_caught_goes_to_its_handler() {
    let Some(mut probed) = Probed::start() else { return };
    let speak = probed.image.symbols().find(|(name, _)| name.contains("deliver"));
    let (_, symbol) = speak.expect("there");
    probed.debug.set_breakpoint(symbol.addr).expect("set");
    probed.want(2);
    assert!((0..LOOKS).any(|_| probed.debug.is_halted().expect("asked")));
    assert!(!probed.debug.stands_at_fault().expect("asked"));
    probed.debug.catch_faults(false).expect("not caught");
    let mut crash = Crash::new(Why::Failed);
    let in_handler = (0..LOOKS).any(|_| {
        probed.debug.run().expect("runs");
        assert!(!probed.debug.is_halted().expect("asked"));
        probed.debug.halt().expect("halts");
        core(&mut crash, &mut probed.debug, Some(&probed.image));
        functions(&crash).contains(&"probed::__cortex_m_rt_HardFault")
    });
    assert!(in_handler);
    assert_eq!(crash.exception.as_deref(), Some("HardFault"));
    let names = functions(&crash);
    assert!(names.contains(&"probed::deliver"), "{names:?}");
}

#[test]
fn what_is_said_by_defmt_is_decoded_with_level_and_place() {
    let Some(mut probed) = Probed::start() else { return };
    let said = probed.said();
    let expected = [
        (Some("info"), "dose 120 uL of morphine in mode Basal { rate: 500 }"),
        (Some("warn"), "0x0000beef -3 true µ 101"),
        (Some("error"), "bytes [1, ff], list [Stopped, Basal { rate: 7 }]"),
        (Some("debug"), "of catheter: 1.5, Some(3)"),
        (None, "(1, 2) [1, 2] 7"),
        (Some("trace"), "plain {}, bits 5 10"),
    ];
    let decoded: Vec<_> = said
        .iter()
        .map(|log| (log.level.as_deref(), log.text.as_str()))
        .collect();
    assert_eq!(decoded, expected);
    assert!(said.iter().all(|log| (log.channel, log.name.as_str()) == (1, "defmt")));
    assert!(said.iter().all(|log| log.stamp.as_deref() == Some("1.500000")));
    let line = probed.line("defmt::info!").expect("there");
    assert_eq!(said[0].at.as_deref(), Some(format!("src/main.rs:{line}").as_str()));
}
