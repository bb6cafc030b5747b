//! The pump of the repository in QEMU, and what may look as if it hung.

use super::*;
use crate::link::LinkError;

/// The stub pump's image, once it has said all that it says by itself in a minute.
fn pump() -> Option<(tokio::runtime::Runtime, Rig)> {
    let root = pump_hil_testing::repository::with_qemu(true)?;
    let file = RigFile::load(&root.join("fixtures/rigs/qemu-microbit.yaml")).expect("the rig");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("an event loop");
    let mut rig = runtime
        .block_on(Rig::open(&file, &OpenOptions::default()))
        .expect("it opens");
    a_minute(&runtime, &mut rig);
    Some((runtime, rig))
}

/// Lets a minute pass, whatever the pump says on the way.
fn a_minute(runtime: &tokio::runtime::Runtime, rig: &mut Rig) {
    let until = Span(rig.now().0 + 60_000);
    for _ in 0..100 {
        runtime.block_on(rig.receive(until)).expect("the pump goes on");
    }
    assert_eq!(rig.now(), until);
}

#[test]
fn bytes_that_the_line_lost_are_not_taken_for_firmware_that_hangs() {
    let Some((runtime, mut rig)) = pump() else { return };
    // As if a cable had lost three.
    rig.line.lose(3);
    let limit = std::mem::replace(rig.chip.limits().0, Duration::from_millis(200));
    let error = runtime
        .block_on(rig.receive(Span(120_000)))
        .expect_err("they are missing");
    assert!(
        matches!(error, RigError::Link(LinkError::Untaken { missing: 3, .. })),
        "{error}"
    );
    *rig.chip.limits().0 = limit;
    a_minute(&runtime, &mut rig);
}

#[test]
fn firmware_that_hangs_is_found_out_when_the_time_that_it_was_granted_is_taken_back() {
    let Some((runtime, mut rig)) = pump() else { return };
    assert!(rig.line.is_settled() && !rig.chip.inside.is_touched());
    // By itself: nobody knows that there is anything to ask for. No interrupt wakes its core any more.
    let debug = rig.chip.inside.debug().expect("a probe");
    debug.write_word(0xE000_E180, u32::MAX).expect("it is written");
    runtime.block_on(async {
        tokio::select! {
            biased;
            received = rig.receive(Span(120_000)) => panic!("{received:?}"),
            () = tokio::task::yield_now() => {}
        }
    });
    *rig.chip.limits().1 = Duration::from_millis(200);
    rig.take_back();
    let now = rig.now();
    let error = runtime.block_on(rig.receive(now)).expect_err("it hangs");
    assert!(matches!(error, RigError::Hangs { limit_ms: 200 }), "{error}");
}
