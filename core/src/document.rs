//! Documents: typed collections over any document store.

mod batch;
mod binding;
mod check;
mod collection;
mod condition;
mod cursor;
mod key;
mod options;
mod path;
mod query;
mod reads;
mod spec;
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
pub use key::{Key, SortKey, SortType};
pub use options::{DeleteOptions, PutOptions, UpdateOptions};
pub use path::FieldPath;
pub use query::{Direction, Page, Query, SortRange};
pub use spec::{CollectionSchema, CollectionSpec};
pub use transaction::Transaction;
pub use update::{Change, Update};
pub use value::{Map, Timestamp, Value};
pub use version::Version;
pub use write_set::WriteSet;
