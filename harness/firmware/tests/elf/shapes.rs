//! What Rust firmware looks like to a debugger. Built by `build`; the tests read the result, and do not run it.
#![no_std]
#![no_main]

use core::cell::{Cell, UnsafeCell};
use core::mem::MaybeUninit;
use core::num::NonZeroU32;
use core::sync::atomic::{AtomicBool, AtomicI16, AtomicU32};

pub mod pump {
    use super::*;

    pub struct Seconds(pub u64);

    #[derive(Clone, Copy)]
    #[repr(u8)]
    pub enum State {
        Stopped = 1,
        Running = 4,
    }

    pub enum Alarm {
        None,
        Stall { strokes: u16 },
        Code(u32),
    }

    pub struct Prescription {
        pub rate: u32,
        pub dose: Option<u16>,
        pub lockout: Option<NonZeroU32>,
    }

    pub struct Pump<T> {
        pub now: Seconds,
        pub state: State,
        pub last: Option<State>,
        pub alarm: Alarm,
        pub in_force: Option<Prescription>,
        pub steps: [(u8, i32); 3],
        pub carry: Cell<i8>,
        pub ratio: f32,
        pub exact: f64,
        pub key: char,
        pub on: bool,
        pub link: &'static u32,
        pub more: T,
    }

    impl<T> Pump<T> {
        #[inline(never)]
        pub fn step(&mut self) -> u64 {
            self.now.0 += 1;
            self.now.0
        }
    }

    pub static LINK: u32 = 5;
    pub static mut PUMP: Pump<u16> = Pump {
        now: Seconds(77),
        state: State::Running,
        last: Some(State::Stopped),
        alarm: Alarm::Stall { strokes: 9 },
        in_force: Some(Prescription { rate: 500, dose: Some(20), lockout: NonZeroU32::new(8) }),
        steps: [(1, -1), (2, -2), (3, i32::MIN)],
        carry: Cell::new(-3),
        ratio: 0.1,
        exact: 2.5,
        key: 'k',
        on: true,
        link: &LINK,
        more: 65535,
    };
    pub static mut EMPTY: Option<Prescription> = None;
    pub static COUNT: AtomicU32 = AtomicU32::new(3);
}

pub mod line {
    use super::*;
    pub static COUNT: AtomicU32 = AtomicU32::new(4);
    pub static READY: AtomicBool = AtomicBool::new(true);
    pub static LEVEL: AtomicI16 = AtomicI16::new(-300);
    pub static mut LATER: MaybeUninit<pump_queue::Queue> = MaybeUninit::new(pump_queue::Queue { len: 6 });

    pub mod pump_queue {
        pub struct Queue {
            pub len: usize,
        }
    }
}

struct Shared(UnsafeCell<u64>);
// SAFETY: nothing runs.
unsafe impl Sync for Shared {}
static SHARED: Shared = Shared(UnsafeCell::new(u64::MAX));

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

#[inline(never)]
fn keep<T>(value: *const T) -> usize {
    value as usize
}

#[unsafe(no_mangle)]
pub extern "C" fn _start() -> usize {
    // SAFETY: nothing else runs.
    unsafe {
        let at = keep(&raw const pump::PUMP)
            ^ keep(&raw const pump::EMPTY)
            ^ keep(&pump::COUNT)
            ^ keep(&line::COUNT)
            ^ keep(&line::READY)
            ^ keep(&line::LEVEL)
            ^ keep(&raw const line::LATER)
            ^ keep(SHARED.0.get());
        let pump = &raw mut pump::PUMP;
        at ^ (*pump).step() as usize
    }
}
