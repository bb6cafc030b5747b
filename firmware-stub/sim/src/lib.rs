//! stub sim
