//! An attribute of an item, whoever tells it.

use std::collections::HashMap;

use bytes::Bytes;

/// The attributes of an item, or of its key.
pub(crate) type Attributes<A> = HashMap<String, A>;

/// An attribute as a client of the SDK or an event has it.
pub(crate) trait Attribute: Sized {
    /// What it holds.
    fn opened(self) -> Opened<Self>;
    /// The text, of one of type `S`.
    fn text(&self) -> Option<&str>;
    /// The digits, of one of type `N`.
    fn number(&self) -> Option<&str>;
    /// The bytes, of one of type `B`.
    fn bytes(&self) -> Option<&[u8]>;
}

/// The clients of tables and of streams have types of their own, of the same shape.
#[cfg(feature = "document")]
macro_rules! attribute_of_client {
    ($attribute:ty, $blob:ty) => {
        impl $crate::stored::attribute::Attribute for $attribute {
            fn opened(self) -> $crate::stored::attribute::Opened<Self> {
                use $crate::stored::attribute::Opened;
                let bytes = |blob: $blob| bytes::Bytes::from(blob.into_inner());
                match self {
                    Self::Null(_) => Opened::Null,
                    Self::Bool(flag) => Opened::Bool(flag),
                    Self::N(digits) => Opened::Number(digits),
                    Self::S(text) => Opened::Text(text),
                    Self::B(blob) => Opened::Bytes(bytes(blob)),
                    Self::L(items) => Opened::List(items),
                    Self::M(entries) => Opened::Map(entries),
                    Self::Ss(items) => Opened::Texts(items),
                    Self::Ns(items) => Opened::Numbers(items),
                    Self::Bs(items) => Opened::ManyBytes(items.into_iter().map(bytes).collect()),
                    _ => Opened::Unknown,
                }
            }

            fn text(&self) -> Option<&str> {
                self.as_s().ok().map(String::as_str)
            }

            fn number(&self) -> Option<&str> {
                self.as_n().ok().map(String::as_str)
            }

            fn bytes(&self) -> Option<&[u8]> {
                self.as_b().ok().map(<$blob>::as_ref)
            }
        }
    };
}
#[cfg(feature = "document")]
pub(crate) use attribute_of_client;

/// What an attribute holds.
#[derive(Debug)]
pub(crate) enum Opened<A> {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Bytes(Bytes),
    List(Vec<A>),
    Map(Attributes<A>),
    /// A set of texts, which only other code writes, as the two below.
    Texts(Vec<String>),
    Numbers(Vec<String>),
    ManyBytes(Vec<Bytes>),
    /// A type that is newer than this release.
    #[cfg_attr(
        not(feature = "document"),
        expect(
            dead_code,
            reason = "events with such a type are refused when they are read"
        )
    )]
    Unknown,
}
