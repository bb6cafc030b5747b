//! The linker's memory map: the limits of the image are those of the map, so that an image that is too big does not link.

use std::{env, fs, path::PathBuf};

/// Flash of the image; the pump's own pages follow on it.
const FLASH: u32 = 96 * 1024;
/// RAM of statics and stack together, of the 16 KiB of the smallest board.
const RAM: u32 = 14 * 1024;
/// What the stack may need: see `README.md`.
const STACK: u32 = 3 * 1024;

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let map = format!(
        "MEMORY {{\n  FLASH : ORIGIN = 0x00000000, LENGTH = {FLASH}\n  RAM : ORIGIN = 0x20000000, LENGTH = {RAM}\n}}\n\
         _stack_needed = {STACK};\n"
    );
    fs::write(out.join("memory.x"), map).expect("OUT_DIR can be written");
    // The code begins a page (see `HardFault` in main.rs): between the vectors and it there is room.
    let check = "ASSERT(_stack_start - __sheap >= _stack_needed, \"statics leave too little of the 14 KiB of RAM for the stack\");\n\
         SECTIONS { .intrinsics : { *(.intrinsics) } > FLASH } INSERT AFTER .vector_table;\n";
    fs::write(out.join("limits.x"), check).expect("OUT_DIR can be written");
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rerun-if-env-changed=STUB_BUILD_ID");
    println!("cargo:rerun-if-changed=build.rs");
}
