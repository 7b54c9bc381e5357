//! The members of an object in JSON in the order in which they were told.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

/// Text that is borrowed from the event where it has no escapes.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct ToldText<'e>(#[serde(borrow)] pub Cow<'e, str>);

/// An object's members in their order, those that come twice as well: fields and pairs of a query mean what they mean in it.
#[derive(Debug, Clone)]
pub struct ToldMembers<'e, V>(pub Vec<(ToldText<'e>, V)>);

impl<V> Default for ToldMembers<'_, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de: 'e, 'e, V: Deserialize<'de>> Deserialize<'de> for ToldMembers<'e, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = deserializer.deserialize_map(InOrder(PhantomData))?;
        Ok(Self(members))
    }
}

/// About as many members as an object of fields or parameters has.
const USUAL: usize = 16;

struct InOrder<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for InOrder<V> {
    type Value = Vec<(ToldText<'de>, V)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(USUAL);
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stay_in_their_order_and_come_as_often_as_they_were_told() {
        let told = r#"{"b":1,"a":2,"b":3,"\u0061":4}"#;
        let told: ToldMembers<'_, u8> = serde_json::from_str(told).unwrap();
        let told = told.0.iter().map(|(name, value)| (&*name.0, *value));
        let told: Vec<_> = told.collect();
        assert_eq!(told, [("b", 1), ("a", 2), ("b", 3), ("a", 4)]);
        assert!(serde_json::from_str::<ToldMembers<'_, u8>>("[]").is_err());
    }
}
