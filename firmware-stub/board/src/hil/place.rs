//! Values that are made where they stand: a small stack could not hold them on their way there.

use core::arch::asm;
use core::mem::MaybeUninit;

/// Has `make` write its value into its place.
#[inline(never)]
pub fn make_in<T, A>(place: &'static mut MaybeUninit<T>, make: extern "C" fn(&A) -> T, from: &A) -> &'static mut T {
    const { assert!(size_of::<T>() > 4, "a short value comes back in a register") };
    // SAFETY: by the procedure call standard for Arm, a function writes what is too long for a register to where r0 points; its arguments come behind that.
    unsafe {
        asm!("blx {make}", make = in(reg) make, in("r0") place.as_mut_ptr(), in("r1") from, clobber_abi("C"));
        place.assume_init_mut()
    }
}
