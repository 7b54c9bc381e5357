//! Refuses chains such as `a = a = a = …` and `else for (…) do …` that nest without brackets.

/// Links that a chain may have. A recursive parser needs some 500 bytes of stack for one.
const MAX_LINKS: u32 = 100_000;

/// Words behind which an expression or a statement begins that is part of the one before.
const WORDS: [&[u8]; 13] = [
    b"for", b"while", b"do", b"with", b"if", b"else", b"new", b"typeof", b"void", b"delete",
    b"await", b"yield", b"async",
];

/// A chain of links that nothing has ended yet.
#[derive(Default)]
struct Chain {
    links: u32,
    /// Brackets that were open when it began.
    depth: u32,
}

/// The offset at which a chain passes the limit.
pub(super) fn too_long(text: &str) -> Option<u32> {
    // Two bytes are the shortest link.
    if text.len() < 2 * MAX_LINKS as usize {
        return None;
    }
    let bytes = text.as_bytes();
    let (mut open, mut chain) = (0_u32, Chain::default());
    let mut offset = 0;
    while let Some(byte) = bytes.get(offset) {
        let end = word_end(bytes, offset);
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => {
                open = open.saturating_sub(1);
                chain.end(open, *byte == b'}');
            }
            b';' | b',' => chain.end(open, true),
            b'=' | b':' | b'<' | b'*' => chain.add(open),
            _ if WORDS.contains(&&bytes[offset..end]) => chain.add(open),
            _ => {}
        }
        if chain.links > MAX_LINKS {
            return u32::try_from(offset).ok();
        }
        offset = end;
    }
    None
}

impl Chain {
    fn add(&mut self, open: u32) {
        if self.links == 0 {
            self.depth = open;
        }
        self.links += 1;
    }

    /// Ends the chain at a separator outside its brackets, or where the bracket around it closes.
    fn end(&mut self, open: u32, separates: bool) {
        if open < self.depth || separates && open == self.depth {
            *self = Self::default();
        }
    }
}

/// Where the word or the single byte at `offset` ends.
fn word_end(bytes: &[u8], offset: usize) -> usize {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"_$".contains(byte);
    let letters = bytes[offset..].iter().take_while(|byte| is_letter(byte));
    offset + letters.count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_pass_up_to_the_limit() {
        for link in ["a=", "new ", "a:", "for(;;)", "do ", "<a>"] {
            assert_eq!(too_long(&link.repeat(90_000)), None, "{link}");
            assert!(too_long(&link.repeat(110_000)).is_some(), "{link}");
        }
    }

    #[test]
    fn what_is_separated_is_no_chain() {
        for part in [
            "a=b;",
            "a={b:c,d:[e,f?g:h]};",
            "for(;;){do{a=1}while(b)}",
            "f(a=b);",
            "x=y,",
            "if(a)b=new C;else typeof d;",
            "function f(a=1){return a<b}",
        ] {
            assert_eq!(too_long(&part.repeat(120_000)), None, "{part}");
        }
    }
}
