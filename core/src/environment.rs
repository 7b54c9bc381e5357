//! The three parts a handler runs on, each bound on its own.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::authorization::Checks;
use crate::blob::{Bucket, BucketSpec};
use crate::capability::{Capabilities, Capability};
use crate::document::{Collection, CollectionSpec};
use crate::driver::Clock;
use crate::driver::blob::BlobDriver;
use crate::driver::document::DocumentDriver;
use crate::driver::function::FunctionDescription;
use crate::driver::token::TokenDriver;
use crate::driver::topic::TopicDriver;
use crate::error::{Error, ErrorKind, Result};
use crate::function::{Declarations, Secret, SecretSpec, SettingSpec, Topic, TopicSpec};

/// Platform, documents and blobs: what an application's state is built from.
#[derive(Clone)]
pub struct Environment {
    parts: Arc<Parts>,
    declared: Option<Arc<Declarations>>,
}

struct Parts {
    platform: FunctionDescription,
    clock: Arc<dyn Clock>,
    documents: Option<Arc<dyn DocumentDriver>>,
    blobs: Option<Arc<dyn BlobDriver>>,
    topics: Option<Arc<dyn TopicDriver>>,
    checks: Checks,
    document_prefix: String,
    blob_prefix: String,
    topic_prefix: String,
    settings: BTreeMap<String, String>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            platform,
            documents,
            blobs,
            ..
        } = &*self.parts;
        f.debug_struct("Environment")
            .field("platform", &platform.provider)
            .field(
                "documents",
                &documents.as_ref().map(|driver| driver.describe().provider),
            )
            .field(
                "blobs",
                &blobs.as_ref().map(|driver| driver.describe().provider),
            )
            .finish_non_exhaustive()
    }
}

/// Puts an [`Environment`] together; for `isobar-connect` and tests.
pub struct EnvironmentBuilder(Parts);

impl fmt::Debug for EnvironmentBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvironmentBuilder").finish_non_exhaustive()
    }
}

impl EnvironmentBuilder {
    /// The store of documents.
    #[must_use]
    pub fn documents(mut self, driver: Arc<dyn DocumentDriver>) -> Self {
        self.0.documents = Some(driver);
        self
    }

    /// The store of blobs.
    #[must_use]
    pub fn blobs(mut self, driver: Arc<dyn BlobDriver>) -> Self {
        self.0.blobs = Some(driver);
        self
    }

    /// The store of messages.
    #[must_use]
    pub fn topics(mut self, driver: Arc<dyn TopicDriver>) -> Self {
        self.0.topics = Some(driver);
        self
    }

    /// What checks the tokens of callers.
    #[must_use]
    pub fn tokens(mut self, driver: Arc<dyn TokenDriver>) -> Self {
        self.0.checks.tokens = Some(driver);
        self
    }

    /// Has the front door check callers: the application believes what it tells of them, and nothing else.
    #[must_use]
    pub fn checked_by_front_door(mut self) -> Self {
        self.0.checks.by_front_door = true;
        self
    }

    /// What goes before the names of topics, to keep deployments apart.
    #[must_use]
    pub fn topic_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.0.topic_prefix = prefix.into();
        self
    }

    /// What goes before the names of collections, to keep deployments apart.
    #[must_use]
    pub fn document_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.0.document_prefix = prefix.into();
        self
    }

    /// What goes before the names of buckets, to keep deployments apart.
    #[must_use]
    pub fn blob_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.0.blob_prefix = prefix.into();
        self
    }

    /// The values of settings and secrets, by name.
    #[must_use]
    pub fn settings(mut self, settings: impl IntoIterator<Item = (String, String)>) -> Self {
        self.0.settings.extend(settings);
        self
    }

    /// The environment.
    pub fn build(self) -> Environment {
        Environment {
            parts: Arc::new(self.0),
            declared: None,
        }
    }
}

impl Environment {
    /// Starts with a platform and its clock.
    pub fn builder(platform: FunctionDescription, clock: Arc<dyn Clock>) -> EnvironmentBuilder {
        EnvironmentBuilder(Parts {
            platform,
            clock,
            documents: None,
            blobs: None,
            topics: None,
            checks: Checks::default(),
            document_prefix: String::new(),
            blob_prefix: String::new(),
            topic_prefix: String::new(),
            settings: BTreeMap::new(),
        })
    }

    /// The platform the application runs on.
    pub fn platform(&self) -> FunctionDescription {
        self.parts.platform
    }

    /// The clock of the platform.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.parts.clock)
    }

    /// A declared topic, to send messages to; `Unsupported` where its order is declared and the store keeps none.
    pub fn topic(&self, spec: &TopicSpec) -> Result<Topic> {
        let name = spec.name();
        let known = |declared: &Declarations| declared.topics.contains(spec);
        self.check_declared(known, "topic", name)?;
        let driver = self.parts.topics.as_ref();
        let driver = driver.ok_or_else(|| unbound("messages", name))?;
        if spec.is_ordered() {
            let described = driver.describe();
            let keeps = described.capabilities.require(&[Capability::MessageGroups]);
            keeps
                .map_err(|error| error.in_context(described.provider, "environment.topic", name))?;
        }
        let name = format!("{}{name}", self.parts.topic_prefix);
        Ok(Topic::new(Arc::clone(driver), self.clock(), name))
    }

    /// Who checks callers.
    pub(crate) fn checks(&self) -> Checks {
        self.parts.checks.clone()
    }

    /// What goes before the names of topics.
    pub(crate) fn topic_prefix(&self) -> &str {
        &self.parts.topic_prefix
    }

    /// What goes before the names of collections.
    pub(crate) fn document_prefix(&self) -> &str {
        &self.parts.document_prefix
    }

    /// What goes before the names of buckets.
    pub(crate) fn blob_prefix(&self) -> &str {
        &self.parts.blob_prefix
    }

    /// What all its parts can do together.
    pub fn capabilities(&self) -> Capabilities {
        let Parts {
            platform,
            documents,
            blobs,
            topics,
            ..
        } = &*self.parts;
        let topics = topics.as_ref().map(|driver| driver.describe().capabilities);
        let documents = documents
            .as_ref()
            .map(|driver| driver.describe().capabilities);
        let blobs = blobs.as_ref().map(|driver| driver.describe().capabilities);
        platform
            .capabilities
            .union(documents.unwrap_or_default())
            .union(blobs.unwrap_or_default())
            .union(topics.unwrap_or_default())
    }

    /// A declared collection.
    pub fn collection<T>(&self, spec: &CollectionSpec<T>) -> Result<Collection<T>> {
        let name = spec.name();
        let known = |declared: &Declarations| {
            declared
                .collections
                .iter()
                .any(|schema| *schema == spec.schema(""))
        };
        self.check_declared(known, "collection", name)?;
        let driver = self
            .parts
            .documents
            .as_ref()
            .ok_or_else(|| unbound("documents", name))?;
        let clock = Arc::clone(&self.parts.clock);
        Ok(Collection::new(
            Arc::clone(driver),
            clock,
            spec,
            &self.parts.document_prefix,
        ))
    }

    /// A declared bucket.
    pub fn bucket(&self, spec: &BucketSpec) -> Result<Bucket> {
        let name = spec.name();
        let known = |declared: &Declarations| declared.buckets.contains(spec);
        self.check_declared(known, "bucket", name)?;
        let driver = self
            .parts
            .blobs
            .as_ref()
            .ok_or_else(|| unbound("blobs", name))?;
        let clock = Arc::clone(&self.parts.clock);
        Ok(Bucket::new(
            Arc::clone(driver),
            clock,
            format!("{}{name}", self.parts.blob_prefix),
        ))
    }

    /// The value of a declared setting, or its default.
    pub fn setting(&self, spec: &SettingSpec) -> Result<String> {
        self.optional_setting(spec)?
            .ok_or_else(|| missing(&[spec.name()]))
    }

    /// The value of a declared setting, or its default, or nothing.
    pub fn optional_setting(&self, spec: &SettingSpec) -> Result<Option<String>> {
        let known = |declared: &Declarations| declared.settings.contains(spec);
        self.check_declared(known, "setting", spec.name())?;
        let given = self.parts.settings.get(spec.name()).map(String::as_str);
        Ok(given.or(spec.default_value()).map(str::to_owned))
    }

    /// The value of a declared secret.
    pub fn secret(&self, spec: &SecretSpec) -> Result<Secret> {
        let known = |declared: &Declarations| declared.secrets.contains(spec);
        self.check_declared(known, "secret", spec.name())?;
        let value = self
            .parts
            .settings
            .get(spec.name())
            .ok_or_else(|| missing(&[spec.name()]))?;
        Ok(Secret::new(value.clone()))
    }

    /// The environment as one application may see it; all its settings and secrets are there.
    pub(crate) fn scoped(&self, declared: Declarations) -> Result<Self> {
        let required = declared
            .settings
            .iter()
            .filter(|spec| spec.default_value().is_none() && !spec.is_optional());
        let names = required
            .map(SettingSpec::name)
            .chain(declared.secrets.iter().map(SecretSpec::name));
        let absent: Vec<_> = names
            .filter(|name| !self.parts.settings.contains_key(*name))
            .collect();
        if !absent.is_empty() {
            return Err(missing(&absent));
        }
        Ok(Self {
            parts: Arc::clone(&self.parts),
            declared: Some(Arc::new(declared)),
        })
    }

    fn check_declared(
        &self,
        known: impl Fn(&Declarations) -> bool,
        what: &str,
        name: &str,
    ) -> Result<()> {
        match &self.declared {
            Some(declared) if !known(declared) => Err(Error::invalid(format!(
                "the {what} {name:?} is not declared: add it to the application with .{what}(..)"
            ))),
            _ => Ok(()),
        }
    }
}

fn unbound(part: &str, name: &str) -> Error {
    let message = format!("no store of {part} is configured for {name:?}");
    Error::new(ErrorKind::Unsupported, message)
}

fn missing(names: &[&str]) -> Error {
    let message = format!(
        "not set: {}; set these environment variables",
        names.join(", ")
    );
    Error::new(ErrorKind::InvalidArgument, message)
}
