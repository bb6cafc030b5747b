//! The real program in a folder where people, other tools, a full disk or somebody who means harm left something odd: names that steer a terminal, dose logs
//! that are damaged, changed by hand or belong to nothing; and on a machine that gives it hardly a file descriptor.

#![cfg(feature = "sim")]

mod bench;
mod descriptors;
mod names;
mod snapshots;
mod untested;
