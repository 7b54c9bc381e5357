//! The elements of a list in JSON, of which no more are held than may be there.

use std::fmt;

use bytes::Bytes;
use isobar::{Error, ErrorKind, Result};
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Each element of a list, as a part of its bytes.
///
/// `InvalidArgument` where it is no list, `LimitExceeded` as soon as there are more than `most`.
pub fn elements(list: &Bytes, most: usize) -> Result<Vec<Bytes>> {
    let mut too_many = false;
    let reading = Reading {
        list,
        most,
        too_many: &mut too_many,
    };
    let mut json = serde_json::Deserializer::from_slice(list);
    let read = reading.deserialize(&mut json);
    let read = read.and_then(|elements| json.end().map(|()| elements));
    read.map_err(|error| {
        if too_many {
            let (limit, measured) = (most as u64, most as u64 + 1);
            let what = "the number of events of a list";
            return Error::over_limit(ErrorKind::LimitExceeded, what, limit, measured);
        }
        Error::invalid("the content is no list in JSON").with_source(error)
    })
}

struct Reading<'l> {
    list: &'l Bytes,
    most: usize,
    too_many: &'l mut bool,
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Vec<Bytes>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Bytes>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Vec<Bytes>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<Bytes>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element::<&RawValue>()? {
            if elements.len() == self.most {
                *self.too_many = true;
                return Err(A::Error::custom("the list has too many elements"));
            }
            elements.push(self.list.slice_ref(element.get().as_bytes()));
        }
        Ok(elements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_parts_of_the_list_and_their_number_is_held() {
        let list = Bytes::from_static(b" [ {\"a\": 1} ,\"b\",[]] ");
        let read = elements(&list, 3).unwrap();
        assert_eq!(read, [&b"{\"a\": 1}"[..], b"\"b\"", b"[]"]);
        assert!(list.as_ptr_range().contains(&read[0].as_ptr()));
        // What follows is not read.
        let many = Bytes::from_static(b"[1,2,3,4,");
        let error = elements(&many, 3).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        assert_eq!((error.limit(), error.measured()), (Some(3), Some(4)));
        for other in ["", "{}", "[1", "[1] 2", "1"] {
            let error = elements(&Bytes::from_static(other.as_bytes()), 3).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{other}");
        }
    }
}
