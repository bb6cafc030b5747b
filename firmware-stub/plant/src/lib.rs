//! stub plant
#![no_std]
