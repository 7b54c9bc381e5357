//! Documents: typed collections over any document store.
// Its examples run on the local store, in whose crate they are tested.
#![cfg_attr(not(doctest), doc = include_str!("document/guide.md"))]

mod batch;
mod binding;
mod check;
mod collection;
mod condition;
mod cursor;
mod event;
mod feed;
mod filter;
mod index;
mod key;
mod options;
mod pages;
mod path;
mod plan;
mod projection;
mod query;
mod reads;
mod spec;
mod stream;
mod transaction;
mod update;
mod value;
mod version;
mod write_set;
mod writes;

pub use batch::BatchWrite;
pub use collection::{Collection, Item};
pub use condition::{Comparison, Condition, FieldCondition, FieldTest};
pub use cursor::Cursor;
pub use event::DocumentChange;
pub(crate) use feed::event as change_event;
pub use feed::{ChangeEvent, ChangeKind, ChangesPage, ChangesQuery, DeleteCause};
pub use filter::Filter;
pub use index::{IndexEntry, IndexSchema, IndexSpec};
pub use key::{Key, SortKey, SortType};
pub use options::{Consistency, DeleteOptions, GetOptions, Idempotency, PutOptions, UpdateOptions};
pub use path::FieldPath;
pub use plan::Plan;
pub use projection::Projection;
pub use query::{Direction, Page, Query, QueryClass, SortRange};
pub use spec::{ChangeFeed, CollectionSchema, CollectionSpec};
pub use stream::Documents;
pub use transaction::Transaction;
pub use update::{Change, Update};
pub use value::{Map, Timestamp, Value};
pub use version::Version;
pub use write_set::WriteSet;
