//! An ordered table of routes: the first entry that takes a method and a path wins, as in Express.

use crate::error::{MatchError, PathError};
use crate::matcher::{Match, Matcher};
use crate::options::{Grammar, Options};
use crate::pattern::Pattern;

/// The methods that an entry takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Methods {
    /// Every method (`app.all`, `app.use`).
    Any,
    /// These, in upper case. `GET` also takes `HEAD`, as in Express.
    Only(Vec<String>),
}

impl Methods {
    /// One method.
    pub fn one(method: &str) -> Self {
        Self::Only(vec![method.to_owned()])
    }

    /// Whether `method` (upper case) is taken.
    pub fn take(&self, method: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(methods) => methods
                .iter()
                .any(|own| own == method || (own == "GET" && method == "HEAD")),
        }
    }
}

/// Routes in order of registration, each with a value.
///
/// ```
/// use isobar_express_path::{Grammar, Methods, Options, Pattern, RouteTable};
/// let mut table = RouteTable::new(Grammar::V4);
/// table.push(Methods::one("GET"), &Pattern::from("/notes/new"), Options::route(), "form")?;
/// table.push(Methods::Any, &Pattern::from("/notes/:id"), Options::route(), "note")?;
/// let (_, found, value) = table.find("GET", "/Notes/7").unwrap().unwrap();
/// assert_eq!((found.params().text("id"), *value), (Some("7"), "note"));
/// # Ok::<(), isobar_express_path::PathError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RouteTable<T> {
    grammar: Grammar,
    entries: Vec<Entry<T>>,
}

#[derive(Debug, Clone)]
struct Entry<T> {
    methods: Methods,
    matcher: Matcher,
    value: T,
}

impl<T> RouteTable<T> {
    /// An empty table for patterns of `grammar`.
    pub fn new(grammar: Grammar) -> Self {
        Self {
            grammar,
            entries: Vec::new(),
        }
    }

    /// Appends an entry.
    ///
    /// # Errors
    /// As [`Matcher::new`].
    pub fn push(
        &mut self,
        methods: Methods,
        pattern: &Pattern,
        options: Options,
        value: T,
    ) -> Result<(), PathError> {
        let matcher = Matcher::new(self.grammar, pattern, options)?;
        self.entries.push(Entry {
            methods,
            matcher,
            value,
        });
        Ok(())
    }

    /// The first entry that takes `method` and `path`: its index, the match and its value.
    ///
    /// # Errors
    /// As [`Matcher::find`], for the first entry whose pattern matches; Express answers 400 then unless
    /// an error handler decides otherwise.
    pub fn find(&self, method: &str, path: &str) -> Result<Option<(usize, Match, &T)>, MatchError> {
        for (index, entry) in self.entries.iter().enumerate() {
            if !entry.methods.take(method) {
                continue;
            }
            if let Some(found) = entry.matcher.find(path)? {
                return Ok(Some((index, found, &entry.value)));
            }
        }
        Ok(None)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
