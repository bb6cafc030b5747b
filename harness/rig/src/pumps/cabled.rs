//! Test only: a pump behind a cable that does harm, or behind something that lies.

use super::kind::{Contradiction, Opened, Order, Pump};
use crate::cable::{Between, Cable};
use crate::clock::ClockKind;
use crate::error::RigError;
use crate::finding::Finding;
use crate::probe::ProbeAt;
use async_trait::async_trait;
use std::path::Path;
use std::sync::Arc;

/// Any pump whose time is granted, and what stands before it.
#[derive(Debug)]
pub struct Cabled {
    /// The pump.
    pub pump: Arc<dyn Pump>,
    /// What stands between it and the conversation.
    pub between: Arc<dyn Between>,
}

#[async_trait]
impl Pump for Cabled {
    fn is_simulated(&self) -> bool {
        self.pump.is_simulated()
    }

    fn contradicts(&self, clock: ClockKind, probe: Option<&ProbeAt>) -> Option<Contradiction> {
        self.pump.contradicts(clock, probe)
    }

    fn starts(&self) -> Option<String> {
        self.pump.starts()
    }

    fn elf(&self) -> Option<&Path> {
        self.pump.elf()
    }

    fn look(&self) -> Vec<Finding> {
        self.pump.look()
    }

    async fn open(&self, order: &Order<'_>) -> Result<Opened, RigError> {
        let mut opened = self.pump.open(order).await?;
        opened.clock = Box::new(Cable::new(opened.clock, &*self.between));
        Ok(opened)
    }
}
