//! The scenarios are YAML; this package only runs them as tests (`scenarios.rs`).
