//! A declared collection bound to a store: everything about a call that is not its type.

use std::sync::Arc;
use std::time::Duration;

use super::cursor::CursorKey;
use super::{CollectionSchema, Projection};
use crate::capability::{Capabilities, Capability, Limits};
use crate::driver::document::{Call, DocumentDriver, FoundRecord, Planner, Record};
use crate::driver::{Clock, Revision};
use crate::error::{Error, Result};
use crate::operation::{Effect, Target};

/// The time a call may take unless its caller says otherwise (rule R22).
pub(crate) const DEFAULT_BUDGET: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub(crate) driver: Arc<dyn DocumentDriver>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) schema: CollectionSchema,
    pub(crate) provider: &'static str,
    pub(crate) capabilities: Capabilities,
    pub(crate) limits: Limits,
    pub(crate) revision: Option<Revision>,
    pub(crate) budget: Duration,
    pub(crate) planner: Planner,
    pub(crate) cursor_key: Option<CursorKey>,
}

impl Binding {
    pub(crate) fn new(
        driver: Arc<dyn DocumentDriver>,
        clock: Arc<dyn Clock>,
        schema: CollectionSchema,
        budget: Duration,
    ) -> Self {
        let description = driver.describe();
        let withdrawn = schema.withdrawn();
        if withdrawn != Capabilities::default() {
            let (collection, provider) = (schema.name, description.provider);
            tracing::info!(
                collection,
                provider,
                ?withdrawn,
                "an adopted table does without these"
            );
        }
        Self {
            provider: description.provider,
            capabilities: description.capabilities.without(withdrawn),
            limits: schema.limits(description.limits),
            revision: description.revision,
            driver,
            clock,
            schema,
            budget,
            planner: description.plan,
            cursor_key: None,
        }
    }

    /// What is asked of a record.
    pub(crate) fn cut(&self, projection: &Projection, record: FoundRecord) -> Result<FoundRecord> {
        if *projection == Projection::Whole {
            return Ok(record);
        }
        let fields = projection.apply(&self.schema, record.fields.into_map()?);
        Ok(Record {
            fields: fields.into(),
            ..record
        })
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

    /// The error of one of several documents, with what all of its call have in common.
    pub(crate) fn named(&self, operation: &'static str, error: Error) -> Error {
        error.in_context(self.provider, operation, self.schema.name)
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
