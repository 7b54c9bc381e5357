//! Takes text apart into what dates are made of.

/// Numbers keep this many digits after leading zeros.
pub(super) const SIGNIFICANT: usize = 9;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    End,
    Number { value: i32, length: usize },
    Symbol(u8),
    Space,
    Word { meaning: Meaning, length: usize },
    Unknown,
}

/// What a word means, by its first three letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Month(i32),
    HalfOfDay(i32),
    Zone(i32),
    TimeFollows,
    Nothing,
}

impl Token {
    pub(super) fn is_sign(self) -> bool {
        matches!(self, Self::Symbol(b'+' | b'-'))
    }

    pub(super) fn is_zulu(self) -> bool {
        matches!(
            self,
            Self::Word {
                meaning: Meaning::Zone(_),
                length: 1
            }
        )
    }

    /// The value of a number of that many digits.
    pub(super) fn fixed(self, digits: usize) -> Option<i32> {
        match self {
            Self::Number { value, length } if length == digits => Some(value),
            _ => None,
        }
    }
}

pub(super) struct Scanner<'t> {
    text: &'t [u16],
    position: usize,
    current: Token,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t [u16]) -> Self {
        let mut scanner = Self {
            text,
            position: 0,
            current: Token::End,
        };
        scanner.current = scanner.scan();
        scanner
    }

    pub(super) fn next(&mut self) -> Token {
        let scanned = self.scan();
        std::mem::replace(&mut self.current, scanned)
    }

    pub(super) fn peek(&self) -> Token {
        self.current
    }

    pub(super) fn skip(&mut self, symbol: u8) -> bool {
        let found = self.current == Token::Symbol(symbol);
        if found {
            self.next();
        }
        found
    }

    /// The code unit that is to be read; 0 at the end, and where the text has one.
    pub(super) fn unit(&self) -> u16 {
        self.text.get(self.position).copied().unwrap_or(0)
    }

    pub(super) fn scan(&mut self) -> Token {
        let unit = self.unit();
        if unit == 0 {
            return Token::End;
        }
        if is_digit(unit) {
            return self.number();
        }
        if is_letter(unit) {
            return self.word();
        }
        if unit == u16::from(b'(') {
            self.parentheses();
            return Token::Unknown;
        }
        self.position += 1;
        match u8::try_from(unit) {
            Ok(symbol @ (b':' | b'-' | b'+' | b'.' | b')')) => Token::Symbol(symbol),
            _ if is_space(unit) => Token::Space,
            _ => Token::Unknown,
        }
    }

    pub(super) fn number(&mut self) -> Token {
        let start = self.position;
        while self.unit() == u16::from(b'0') {
            self.position += 1;
        }
        let (mut value, mut digits) = (0_i32, 0);
        while is_digit(self.unit()) {
            if digits < SIGNIFICANT {
                value = value * 10 + i32::from(self.unit() - u16::from(b'0'));
            }
            digits += 1;
            self.position += 1;
        }
        let length = self.position - start;
        Token::Number { value, length }
    }

    pub(super) fn word(&mut self) -> Token {
        let start = self.position;
        let mut letters = [0; 3];
        while is_letter(self.unit()) {
            if let Some(letter) = letters.get_mut(self.position - start) {
                *letter = self.unit() | 0x20;
            }
            self.position += 1;
        }
        let length = self.position - start;
        let meaning = meaning(letters, length);
        Token::Word { meaning, length }
    }

    pub(super) fn parentheses(&mut self) {
        let mut open = 0_usize;
        loop {
            match u8::try_from(self.unit()) {
                Ok(b'(') => open += 1,
                Ok(b')') => open = open.saturating_sub(1),
                _ => {}
            }
            self.position += 1;
            if open == 0 || self.unit() == 0 {
                return;
            }
        }
    }
}

pub(super) fn is_digit(unit: u16) -> bool {
    (u16::from(b'0')..=u16::from(b'9')).contains(&unit)
}

/// Letters, and everything behind them in Unicode that is no space.
pub(super) fn is_letter(unit: u16) -> bool {
    unit >= u16::from(b'A') && !is_space(unit)
}

pub(super) fn is_space(unit: u16) -> bool {
    matches!(
        unit,
        0x09..=0x0d
            | 0x20
            | 0xa0
            | 0x1680
            | 0x2000..=0x200a
            | 0x202f
            | 0x205f
            | 0x3000
            | 0xfeff
    )
}

pub(super) fn meaning(letters: [u16; 3], length: usize) -> Meaning {
    const MONTHS: [&[u8; 3]; 12] = [
        b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov",
        b"dec",
    ];
    let is = |word: &[u8]| {
        let mut padded = [0; 3];
        for (place, letter) in padded.iter_mut().zip(word) {
            *place = u16::from(*letter);
        }
        padded == letters
    };
    if let Some(month) = (1..).zip(MONTHS).find(|(_, name)| is(*name)) {
        return Meaning::Month(month.0);
    }
    if length > 3 {
        return Meaning::Nothing;
    }
    let words: [(&[u8], Meaning); 15] = [
        (b"am", Meaning::HalfOfDay(0)),
        (b"pm", Meaning::HalfOfDay(12)),
        (b"ut", Meaning::Zone(0)),
        (b"utc", Meaning::Zone(0)),
        (b"z", Meaning::Zone(0)),
        (b"gmt", Meaning::Zone(0)),
        (b"cdt", Meaning::Zone(-5)),
        (b"cst", Meaning::Zone(-6)),
        (b"edt", Meaning::Zone(-4)),
        (b"est", Meaning::Zone(-5)),
        (b"mdt", Meaning::Zone(-6)),
        (b"mst", Meaning::Zone(-7)),
        (b"pdt", Meaning::Zone(-7)),
        (b"pst", Meaning::Zone(-8)),
        (b"t", Meaning::TimeFollows),
    ];
    let found = words.into_iter().find(|(word, _)| is(word));
    found.map_or(Meaning::Nothing, |(_, meaning)| meaning)
}
