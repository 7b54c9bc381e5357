//! Neighbours in the order of bytes, which is the order of every table.

/// The smallest bytes above these.
pub(crate) fn next(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.push(0);
    bytes
}

/// The smallest bytes above all that start with these, which must not be all 255.
///
/// Neither a tag nor a byte of UTF-8 is 255, so no prefix that is asked for is.
pub(crate) fn after_prefix(mut bytes: Vec<u8>) -> Vec<u8> {
    while bytes.last() == Some(&u8::MAX) {
        bytes.pop();
    }
    if let Some(last) = bytes.last_mut() {
        *last += 1;
    }
    bytes
}
