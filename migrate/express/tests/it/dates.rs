//! Text that may be a date, read by this crate and by the V8 of the installed Node.
//!
//! `ISOBAR_SEED` repeats a run, `TZ` chooses the time zone of both.

use std::io::Write as _;
use std::process::{Command, Stdio};

use isobar_express::{JsString, date_parse};

use crate::differential::seed;

const TEXTS: usize = 30_000;

/// Forms that applications meet.
const FORMS: [&str; 60] = [
    "2024-01-15",
    "2024-01-15 10:00",
    "2024-01-15 10:00:30.5",
    "2024-01-15T10:00",
    "2024-01-15T10:00:00Z",
    "2024-01-15T10:00:00.123+02:00",
    "2024-01-15T10:00:00.123456789-0330",
    "2024-01-15T24:00",
    "2024-1-5",
    "2024-01",
    "2024",
    "24",
    "+002024-01-15T00:00:00Z",
    "-000001-01-01",
    "-2024-01-15",
    "2024/01/15",
    "2024/1/5 3:04 pm",
    "01/15/2024",
    "1/2/99",
    "15/01/2024",
    "13/13/2024",
    "01-15-2024",
    "2024.01.15",
    "15.01.2024",
    "Jan 5, 2024",
    "January 5 2024",
    "5 January 2024 10:00 GMT+0200",
    "5-Jan-2024",
    "Jan-05-2024",
    "2024 Jan 5",
    "Jan 5",
    "Jan 2024",
    "Fri, 05 Jan 2024 10:00:00 GMT",
    "Fri Jan 05 2024 10:00:00 GMT+0100 (Central European Standard Time)",
    "Mon, 25 Dec 1995 13:30:00 +0430",
    "Thu, 01 Jan 1970 00:00:00 GMT-02:30",
    "Sat, 3 Feb 2001 4:5:6 PST",
    "2024-01-15 10:00 AM",
    "12:30 1/2/2024",
    "10:00",
    "2024-01-15 12:00 AM",
    "2024-01-15 13:00 pm",
    "2024-01-15 10:00:60",
    "2024-01-15 10::",
    "2024-01-15 10:00 UTC",
    "2024-01-15 10:00 z",
    "2024-01-15 10:00 EST",
    "2024-01-15 10:00 CET",
    "2024-01-15 10:00 +5",
    "2024-01-15 10:00 +530",
    "2024-01-15 10:00 +05:30",
    "2024-01-15 10:00 +12345",
    "2024-02-31",
    "2024-13-01",
    "1 2 3 4",
    "",
    "now",
    "tomorrow 5",
    "May5 2024",
    "\u{a0}2024-01-15\u{2003}",
];

/// Pieces that mutations put in.
const PIECES: [&str; 42] = [
    " ",
    "\n",
    "\t",
    "-",
    "/",
    ":",
    ".",
    ",",
    "+",
    "(",
    ")",
    "T",
    "Z",
    "t",
    "z",
    "am",
    "PM",
    "GMT",
    "utc",
    "EST",
    "pdt",
    "Jan",
    "feb",
    "sept",
    "Thursday",
    "0",
    "1",
    "7",
    "12",
    "31",
    "32",
    "59",
    "60",
    "99",
    "0000",
    "2024",
    "123456789012",
    "\u{e9}",
    "\u{2028}",
    "x",
    "00:30",
    "@",
];

/// Numbers that look random and are the same for a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits fit") % bound
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }
}

fn mutated(random: &mut Random) -> String {
    let mut characters: Vec<char> = random.of(&FORMS).chars().collect();
    for _ in 0..random.below(4) {
        let position = random.below(characters.len() + 1);
        match random.below(4) {
            0 if position < characters.len() => drop(characters.remove(position)),
            1 if position < characters.len() => characters.truncate(position),
            2 => characters.extend(random.of(&FORMS).chars()),
            _ => {
                let piece = random.of(&PIECES).chars();
                characters.splice(position..position, piece);
            }
        }
    }
    characters.into_iter().collect()
}

fn theirs(texts: &[String]) -> Vec<Option<f64>> {
    let script = "let text = ''; process.stdin.on('data', (part) => { text += part; });
        process.stdin.on('end', () => console.log(JSON.stringify(JSON.parse(text).map((it) => Date.parse(it)))));";
    let mut node = Command::new("node")
        .args(["-e", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is installed");
    let input = serde_json::to_vec(texts).unwrap();
    let mut pipe = node.stdin.take().unwrap();
    std::thread::scope(|threads| {
        threads.spawn(move || pipe.write_all(&input).unwrap());
        let output = node.wait_with_output().unwrap();
        assert!(output.status.success());
        serde_json::from_slice(&output.stdout).unwrap()
    })
}

#[test]
fn text_is_read_as_a_date_exactly_where_v8_reads_one() {
    let mut random = Random(seed() | 1);
    let mut texts: Vec<String> = FORMS.map(str::to_owned).into();
    texts.extend((0..TEXTS).map(|_| mutated(&mut random)));
    let expected = theirs(&texts);
    let mut dates = 0;
    let mut different = Vec::new();
    for (text, expected) in texts.iter().zip(&expected) {
        let ours = date_parse(&JsString::new(text));
        let ours = (!ours.is_nan()).then_some(ours);
        dates += usize::from(expected.is_some());
        if ours != *expected {
            different.push(format!("{text:?}: V8 {expected:?}, ours {ours:?}"));
        }
    }
    assert!(dates > TEXTS / 5, "only {dates} of the texts are dates");
    assert!(
        different.is_empty(),
        "{} of {} differ\n{}",
        different.len(),
        texts.len(),
        different[..different.len().min(20)].join("\n")
    );
}
