//! A view of stored bytes that can be written to without changing them.
//!
//! The engine repairs what it opens. To look at a store that may be damaged, and leave it as it
//! is for whoever can save more of it, it is opened through this.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

const BLOCK: u64 = 4096;

/// Bytes below, and the blocks that were written since, in memory.
#[derive(Debug)]
pub(super) struct Overlay<B> {
    below: B,
    written: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    len: u64,
    /// How many bytes of those below are still to be seen.
    visible: u64,
    blocks: HashMap<u64, Box<[u8]>>,
}

impl<B: StorageBackend> Overlay<B> {
    pub(super) fn new(below: B) -> io::Result<Self> {
        let len = below.len()?;
        let written = Written {
            len,
            visible: len,
            blocks: HashMap::new(),
        };
        Ok(Self {
            below,
            written: Mutex::new(written),
        })
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes below, with zeros where there are none.
    fn read_below(&self, visible: u64, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let there = usize::try_from(visible.saturating_sub(offset)).unwrap_or(usize::MAX);
        let (there, beyond) = out.split_at_mut(there.min(out.len()));
        beyond.fill(0);
        if there.is_empty() {
            return Ok(());
        }
        self.below.read(offset, there)
    }
}

/// The parts of `offset..offset + len` that lie in one block each: block, start in it, length.
fn parts(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let end = offset + len as u64;
    let mut at = offset;
    std::iter::from_fn(move || {
        let (block, start) = (at / BLOCK, at % BLOCK);
        let taken = (BLOCK - start).min(end.checked_sub(at).filter(|left| *left > 0)?);
        at += taken;
        Some((
            block,
            usize::try_from(start).ok()?,
            usize::try_from(taken).ok()?,
        ))
    })
}

impl<B: StorageBackend> StorageBackend for Overlay<B> {
    fn len(&self) -> io::Result<u64> {
        Ok(self.written().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let written = self.written();
        if offset.saturating_add(out.len() as u64) > written.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.read_below(written.visible, offset, out)?;
        let mut rest = out;
        for (block, start, len) in parts(offset, rest.len()) {
            let (part, after) = std::mem::take(&mut rest).split_at_mut(len);
            if let Some(content) = written.blocks.get(&block) {
                part.copy_from_slice(&content[start..start + len]);
            }
            rest = after;
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut written = self.written();
        written.visible = written.visible.min(len);
        written.blocks.retain(|block, _| block * BLOCK < len);
        if let Some(last) = written.blocks.get_mut(&(len / BLOCK)) {
            last[usize::try_from(len % BLOCK).unwrap_or(0)..].fill(0);
        }
        written.len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut written = self.written();
        if offset.saturating_add(data.len() as u64) > written.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut rest = data;
        for (block, start, len) in parts(offset, data.len()) {
            let (part, after) = rest.split_at(len);
            if !written.blocks.contains_key(&block) {
                let mut content = vec![0; 4096].into_boxed_slice();
                self.read_below(written.visible, block * BLOCK, &mut content)?;
                written.blocks.insert(block, content);
            }
            if let Some(content) = written.blocks.get_mut(&block) {
                content[start..start + len].copy_from_slice(part);
            }
            rest = after;
        }
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.below.close()
    }
}

#[cfg(test)]
mod tests {
    use super::Overlay;
    use proptest::prelude::*;
    use redb::StorageBackend;
    use redb::backends::InMemoryBackend;

    #[derive(Debug, Clone)]
    enum Step {
        Write(usize, Vec<u8>),
        Resize(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        let bytes = prop::collection::vec(any::<u8>(), 0..9_000);
        prop_oneof![
            3 => (0_usize..20_000, bytes).prop_map(|(at, bytes)| Step::Write(at, bytes)),
            1 => (0_usize..20_000).prop_map(Step::Resize),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_reads_as_if_written_and_leaves_what_is_below(
            below in prop::collection::vec(1_u8.., 0..12_000),
            steps in prop::collection::vec(step(), 0..8),
        ) {
            let storage = InMemoryBackend::new();
            storage.set_len(below.len() as u64).unwrap();
            storage.write(0, &below).unwrap();
            let overlay = Overlay::new(storage).unwrap();
            let mut expected = below.clone();
            for step in steps {
                match step {
                    Step::Resize(len) => {
                        overlay.set_len(len as u64).unwrap();
                        expected.resize(len, 0);
                    }
                    Step::Write(at, bytes) => {
                        let fits = at + bytes.len() <= expected.len();
                        prop_assert_eq!(overlay.write(at as u64, &bytes).is_ok(), fits);
                        if fits {
                            expected[at..at + bytes.len()].copy_from_slice(&bytes);
                        }
                    }
                }
                let mut all = vec![7; expected.len()];
                overlay.read(0, &mut all).unwrap();
                prop_assert_eq!(&all, &expected);
            }
            let mut kept = vec![0; below.len()];
            overlay.below.read(0, &mut kept).unwrap();
            prop_assert_eq!(kept, below);
        }
    }
}
