//! Buffers of content, used again once whoever was given their bytes has let go of them.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// Buffers of one size, so that moving much content neither allocates nor leaves behind a buffer for
/// each piece of it.
#[derive(Debug)]
pub struct Buffers {
    bytes: usize,
    most: usize,
    lent: VecDeque<Bytes>,
}

impl Buffers {
    /// Buffers of this many bytes, of which at most `most` are kept in mind.
    #[must_use]
    pub fn new(bytes: usize, most: usize) -> Self {
        Self {
            bytes,
            most,
            lent: VecDeque::new(),
        }
    }

    /// A buffer with room for the bytes of one; what is in it is what was in it before.
    pub fn take(&mut self) -> BytesMut {
        while let Some(at) = self.lent.iter().position(Bytes::is_unique) {
            let free = self.lent.remove(at).map(Bytes::try_into_mut);
            if let Some(Ok(buffer)) = free
                && buffer.capacity() >= self.bytes
            {
                return buffer;
            }
        }
        BytesMut::with_capacity(self.bytes)
    }

    /// The bytes of a buffer, for somebody who lets go of them sooner or later.
    pub fn lend(&mut self, buffer: BytesMut) -> Bytes {
        let bytes = buffer.freeze();
        if self.lent.len() >= self.most {
            self.lent.pop_front();
        }
        if self.most > 0 {
            self.lent.push_back(bytes.clone());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(buffers: &mut Buffers, with: u8) -> Bytes {
        let mut buffer = buffers.take();
        buffer.resize(8, with);
        buffer.fill(with);
        buffers.lend(buffer)
    }

    #[test]
    fn a_buffer_is_used_again_once_nobody_has_its_bytes() {
        let mut buffers = Buffers::new(8, 2);
        let first = filled(&mut buffers, 1);
        let place = first.as_ptr();
        let second = filled(&mut buffers, 2);
        assert_ne!(place, second.as_ptr());
        assert_eq!(first, [1; 8].as_slice());
        drop(first);
        let third = filled(&mut buffers, 3);
        assert_eq!(place, third.as_ptr());
        assert_eq!((second, third), (vec![2; 8].into(), vec![3; 8].into()));
    }

    #[test]
    fn bytes_that_are_never_let_go_are_forgotten() {
        let mut buffers = Buffers::new(8, 2);
        let kept: Vec<_> = (0..5).map(|with| filled(&mut buffers, with)).collect();
        assert_eq!(buffers.lent.len(), 2);
        for (bytes, with) in kept.iter().zip(0..) {
            assert_eq!(bytes, [with; 8].as_slice());
        }
    }

    #[test]
    fn a_part_of_the_bytes_keeps_all_of_them() {
        let mut buffers = Buffers::new(8, 2);
        let mut first = filled(&mut buffers, 1);
        let end = first.split_off(6);
        drop(first);
        filled(&mut buffers, 2);
        assert_eq!(end, [1; 2].as_slice());
    }
}
