//! Changes of several requests that are stored in one step.

use indexmap::IndexMap;
use isobar::document::{Condition, PutOptions, WriteSet};
use isobar::{Collection, Result};
use tokio::sync::watch;
use uuid::Uuid;

use super::held::Change;
use super::stored::StoredVariable;
use super::writer::{Outcome, Ticket};

/// Documents of one step, below the portable limit of a write set (rule R9).
const MOST_DOCUMENTS: usize = 90;

/// Changes that are stored together or not at all.
#[derive(Debug)]
pub(super) struct Draft {
    commit: String,
    variables: IndexMap<String, Variable>,
    entries: IndexMap<String, Option<StoredVariable>>,
    before: Vec<StoredVariable>,
    garbage: Vec<String>,
    outcome: watch::Sender<Outcome>,
}

#[derive(Debug)]
struct Variable {
    /// The commit that must have written what is there; `None` where nothing may be there.
    expected: Option<String>,
    /// What takes its place, unless it is read only.
    document: Option<StoredVariable>,
}

impl Draft {
    pub(super) fn new() -> Self {
        Self {
            commit: Uuid::new_v4().simple().to_string(),
            variables: IndexMap::new(),
            entries: IndexMap::new(),
            before: Vec::new(),
            garbage: Vec::new(),
            outcome: watch::Sender::new(Outcome::Waiting),
        }
    }

    /// The name of the step.
    pub(super) fn commit(&self) -> &str {
        &self.commit
    }

    pub(super) fn ticket(&self) -> Ticket {
        Ticket::new(self.outcome.subscribe())
    }

    /// Documents to store before the step.
    pub(super) fn before(&self) -> &[StoredVariable] {
        &self.before
    }

    pub(super) fn has_room_for(&self, changes: &[(Option<String>, Change)]) -> bool {
        let added = changes.iter().map(|(_, change)| change.entries.len() + 2);
        self.variables.len() + self.entries.len() + added.sum::<usize>() <= MOST_DOCUMENTS
    }

    /// Adds a change of a variable that `expected` has written.
    pub(super) fn add(&mut self, expected: Option<String>, change: Change) {
        let mut document = change.variable;
        document.commit = Some(self.commit.clone());
        let variable = self.variables.entry(document.name.clone());
        let variable = variable.or_insert(Variable {
            expected,
            document: None,
        });
        variable.document = Some(document);
        self.entries.extend(change.entries);
        self.before.extend(change.before);
        self.garbage.extend(change.garbage);
    }

    /// The step must fail when the variable is not what `expected` wrote.
    pub(super) fn check(&mut self, name: &str, expected: Option<String>) {
        if expected.as_deref() != Some(&self.commit) {
            let variable = self.variables.entry(name.to_owned());
            variable.or_insert(Variable {
                expected,
                document: None,
            });
        }
    }

    /// A variable that the step changes.
    pub(super) fn changed_variable(&self) -> Option<&str> {
        let mut variables = self.variables.iter();
        let changed = variables.find(|(_, variable)| variable.document.is_some());
        changed.map(|(name, _)| name.as_str())
    }

    pub(super) async fn store(
        &self,
        collection: &Collection<StoredVariable>,
        application: &str,
    ) -> Result<()> {
        if let Some((document, condition)) = self.only() {
            let done = match condition {
                None => collection.create(document).await,
                Some(condition) => {
                    let options = PutOptions::default().with_condition(condition);
                    collection.replace_with(document, options).await
                }
            };
            return done.map(drop);
        }
        collection.commit(application, self.set(application)).await
    }

    /// Tells everybody who waits. The documents that nothing refers to once the step has happened.
    pub(super) fn end(self, outcome: Outcome) -> Vec<String> {
        // Nobody waits any more when all clients have gone.
        let _nobody = self.outcome.send(outcome);
        self.garbage
    }

    /// The document of a step that has one only, and its condition.
    fn only(&self) -> Option<(&StoredVariable, Option<Condition>)> {
        if self.variables.len() != 1 || !self.entries.is_empty() {
            return None;
        }
        let (_, variable) = self.variables.first()?;
        let document = variable.document.as_ref()?;
        Some((document, variable.expected.as_deref().map(written_by)))
    }

    fn set(&self, application: &str) -> WriteSet {
        let mut set = WriteSet::new();
        for (name, variable) in &self.variables {
            let key = (application.to_owned(), name.clone());
            let condition = variable.expected.as_deref().map(written_by);
            set = match (&variable.document, condition) {
                (Some(document), Some(condition)) => set.replace(document, condition),
                (Some(document), None) => set.create(document),
                (None, Some(condition)) => set.check(key, condition),
                (None, None) => set.check_missing(key),
            };
        }
        for (name, entry) in &self.entries {
            set = match entry {
                Some(document) => set.upsert(document),
                None => set.delete((application.to_owned(), name.clone())),
            };
        }
        set
    }
}

fn written_by(commit: &str) -> Condition {
    Condition::equals("commit", commit)
}
