//! A document as a row: the key in its own columns, the other fields in one jsonb.

use std::error::Error as StdError;

use bytes::{BufMut as _, Bytes, BytesMut};
use isobar::document::{CollectionSchema, Key, Map, SortKey, SortType, Timestamp, Version};
use isobar::driver::document::Record;
use isobar::driver::map_order;
use isobar::{Error, ErrorKind, Result};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::table::stored_version;
use super::value::{self, Format};

/// The newest format this release writes and reads.
const NEWEST: i16 = 1;
/// The first byte of a jsonb on the wire.
const JSONB: u8 = 1;

/// The columns of a row that are not its key, ready to be stored.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) document: Json,
    pub(super) rev: Option<String>,
    pub(super) exp: Option<i64>,
    pub(super) ord: Option<Vec<u8>>,
    pub(super) format: Option<i16>,
}

/// What a put stores of a document.
pub(super) fn content(
    schema: &CollectionSchema,
    fields: &Map,
    version: &Version,
    expires_at: Option<Timestamp>,
) -> Result<Content> {
    let allowed = if schema.adopted {
        Format::Plain
    } else {
        Format::Marked
    };
    let encoded = value::encode(fields, allowed, |name| schema.is_key_field(name))?;
    let ordered = schema.preserve_order && !schema.adopted;
    Ok(Content {
        document: Json(encoded.json),
        rev: stored_version(version),
        exp: expires_at.map(Timestamp::as_seconds),
        ord: ordered.then(|| map_order::record(fields)).flatten(),
        format: (encoded.format == Format::Marked).then_some(NEWEST),
    })
}

/// The key that the key columns of a row say.
pub(super) fn key(schema: &CollectionSchema, row: &Row) -> Result<Key> {
    let sort = match &schema.sort {
        None => None,
        Some((_, SortType::Str)) => Some(SortKey::Str(column(row, 1)?)),
        Some((_, SortType::I64)) => Some(SortKey::I64(column(row, 1)?)),
        Some((_, SortType::Bytes)) => {
            let bytes: Vec<u8> = column(row, 1)?;
            Some(SortKey::Bytes(Bytes::from(bytes)))
        }
    };
    Ok(Key {
        partition: column(row, 0)?,
        sort,
    })
}

/// Whether there is a document in a row that an outer join may have left without one.
pub(super) fn is_there(row: &Row) -> Result<bool> {
    Ok(column::<Option<Stored<'_>>>(row, 2)?.is_some())
}

/// The document of a row whose columns are those of [`Table::columns`](super::table::Table::columns).
pub(super) fn record(schema: &CollectionSchema, key: &Key, row: &Row) -> Result<Record> {
    let format = match column::<Option<i16>>(row, 6)? {
        None => Format::Plain,
        Some(format) if format <= NEWEST => Format::Marked,
        Some(newer) => {
            let message = format!(
                "the row has format {newer}, this release reads up to {NEWEST}: update the program"
            );
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
    };
    let Stored(json) = column(row, 2)?;
    let mut fields = value::decode(json, format)?;
    fields.extend(key.fields(schema));
    fields.sort_unstable_keys();
    if let Some(order) = column::<Option<&[u8]>>(row, 5)? {
        map_order::restore(&mut fields, order);
    }
    let version = match column::<Option<String>>(row, 3)? {
        None => Version::absent(),
        Some(token) => Version::parse(token).map_err(|error| {
            let message = "the version column _rev of a row is damaged";
            Error::new(ErrorKind::Corrupt, message).with_source(error)
        })?,
    };
    let seconds: Option<i64> = column(row, 4)?;
    Ok(Record {
        fields,
        version,
        expires_at: seconds
            .map(|seconds| Timestamp::from_micros(seconds.saturating_mul(1_000_000))),
    })
}

/// The value of a column; one of another type is damage, or a table that was not checked.
pub(super) fn column<'r, T: FromSql<'r>>(row: &'r Row, index: usize) -> Result<T> {
    row.try_get(index).map_err(|error| {
        let name = row
            .columns()
            .get(index)
            .map_or("?", tokio_postgres::Column::name);
        let message = format!("the column {name:?} of a row is not of its declared type");
        Error::new(ErrorKind::Corrupt, message).with_source(error)
    })
}

/// JSON text on its way into a jsonb.
#[derive(Debug, Clone)]
pub(super) struct Json(pub(super) Vec<u8>);

impl ToSql for Json {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        out.put_u8(JSONB);
        out.put_slice(&self.0);
        Ok(IsNull::No)
    }

    fn accepts(sql_type: &Type) -> bool {
        *sql_type == Type::JSONB
    }

    to_sql_checked!();
}

/// The text of a jsonb or json.
struct Stored<'r>(&'r [u8]);

impl<'r> FromSql<'r> for Stored<'r> {
    fn from_sql(sql_type: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        if *sql_type != Type::JSONB {
            return Ok(Self(raw));
        }
        match raw.split_first() {
            Some((&JSONB, text)) => Ok(Self(text)),
            _ => Err("the jsonb has another format on the wire".into()),
        }
    }

    fn accepts(sql_type: &Type) -> bool {
        [Type::JSONB, Type::JSON].contains(sql_type)
    }
}
