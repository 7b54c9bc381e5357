//! Documents: typed collections over any document store.

mod batch;
mod binding;
mod check;
mod collection;
mod condition;
mod cursor;
mod key;
mod path;
mod query;
mod spec;
mod transaction;
mod update;
mod value;
mod version;
mod write_set;

pub use batch::BatchWrite;
pub use collection::{Collection, DeleteOptions, Item, PutOptions, UpdateOptions};
pub use condition::{Comparison, Condition, FieldCondition, FieldTest};
pub use cursor::Cursor;
pub use key::{Key, SortKey, SortType};
pub use path::FieldPath;
pub use query::{Direction, Page, Query, SortRange};
pub use spec::{CollectionSchema, CollectionSpec};
pub use transaction::Transaction;
pub use update::{Change, Update};
pub use value::{Map, Timestamp, Value};
pub use version::Version;
pub use write_set::WriteSet;
