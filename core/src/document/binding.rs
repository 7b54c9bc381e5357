//! A declared collection bound to a store: everything about a call that is not its type.

use std::sync::Arc;
use std::time::Duration;

use super::CollectionSchema;
use crate::capability::{Capabilities, Capability, Limits};
use crate::driver::document::{Call, DocumentDriver};
use crate::driver::{Clock, Revision};
use crate::error::Result;
use crate::operation::{Effect, Target};

/// The time a call may take unless its caller says otherwise (rule R22).
pub(crate) const DEFAULT_BUDGET: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) driver: Arc<dyn DocumentDriver>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) schema: CollectionSchema,
    pub(crate) provider: &'static str,
    pub(crate) capabilities: Capabilities,
    pub(crate) limits: Limits,
    pub(crate) revision: Option<Revision>,
    pub(crate) budget: Duration,
}

impl Binding {
    pub(crate) fn new(
        driver: Arc<dyn DocumentDriver>,
        clock: Arc<dyn Clock>,
        schema: CollectionSchema,
        budget: Duration,
    ) -> Self {
        let description = driver.describe();
        let withdrawn = if schema.adopted {
            CollectionSchema::WITHDRAWN_BY_ADOPTION
        } else {
            Capabilities::default()
        };
        Self {
            provider: description.provider,
            capabilities: description.capabilities.without(withdrawn),
            limits: schema.limits(description.limits),
            revision: description.revision,
            driver,
            clock,
            schema,
            budget,
        }
    }

    pub(crate) fn call(&self) -> Call<'_> {
        Call {
            schema: &self.schema,
            now: self.clock.now().into(),
        }
    }

    pub(crate) fn require(&self, capability: Capability) -> Result<()> {
        self.capabilities.require(&[capability])
    }

    pub(crate) async fn run<T>(
        &self,
        operation: &'static str,
        effect: Effect,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let target = Target {
            provider: self.provider,
            resource: self.schema.name,
            clock: &*self.clock,
            budget: self.budget,
        };
        target.run(operation, effect, work).await
    }
}
