//! Events as a hostile or broken sender might send them: whole ones, damaged by chance.
//!
//! From one seed come always the same ones, so that a failure is found again.

use fastrand::Rng;

/// What ordinary runs begin with.
const SEED: u64 = 20_261_130;

/// What chance decides by: begins with `ISOBAR_FUZZ_SEED`, else as every ordinary run does, and says so where a failed test
/// shows it.
///
/// Panics where the variable is no number.
#[expect(clippy::print_stdout, reason = "test runners show it with what failed")]
pub fn random() -> Rng {
    let seed = number("ISOBAR_FUZZ_SEED").unwrap_or(SEED);
    println!("ISOBAR_FUZZ_SEED={seed}");
    Rng::with_seed(seed)
}

/// How many events a test takes: so many in an ordinary run, and `ISOBAR_FUZZ_ROUNDS` times that in a longer one.
///
/// Panics where the variable is no number.
pub fn rounds(ordinary: usize) -> usize {
    let times = number("ISOBAR_FUZZ_ROUNDS").unwrap_or(1);
    ordinary.saturating_mul(times.try_into().unwrap_or(usize::MAX))
}

#[expect(
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests alone are configured by it, and whoever set it is to hear of what is wrong"
)]
fn number(variable: &str) -> Option<u64> {
    let told = std::env::var(variable).ok()?;
    let number = told.parse();
    Some(number.unwrap_or_else(|_| panic!("{variable} is {told:?}, which is no number")))
}

/// What stands for itself in JSON, in paths, queries and header fields, and is likely to be taken for something else.
const PIECES: [&[u8]; 28] = [
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud83d",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"true",
    b"-1e309",
    b"{\"a\":",
    b"\"\":\"\"",
    b"%",
    b"%2F",
    b"%00",
    b"?",
    b"#",
    b"//",
    b"/../",
    b"\\r\\n",
    b"\xff",
    b"\xc3\xa9",
    b"=",
    b"&",
    b"AP8=",
];

/// An event, damaged in one to six ways; what is put into it is in part of another one.
///
/// One that is empty becomes the other one first, which must have bytes.
pub fn mutate(random: &mut Rng, event: &[u8], other: &[u8]) -> Vec<u8> {
    let mut event = event.to_vec();
    for _ in 0..random.usize(1..=6) {
        if event.is_empty() {
            event = other.to_vec();
        }
        let at = random.usize(..event.len());
        let until = (at + random.usize(1..=16)).min(event.len());
        match random.u8(..8) {
            0 => event[at] ^= 1 << random.u8(..8),
            1 => event[at] = random.u8(..),
            2 => event.truncate(at),
            3 => drop(event.drain(at..until)),
            4 => {
                let again = event[at..until].to_vec();
                event.splice(at..at, again);
            }
            5 => {
                let from = random.usize(..other.len());
                let taken = other[from..(from + 24).min(other.len())].to_vec();
                event.splice(at..until, taken);
            }
            6 => {
                let piece = PIECES[random.usize(..PIECES.len())];
                event.splice(at..at, piece.iter().copied());
            }
            _ => {
                let piece = PIECES[random.usize(..PIECES.len())].repeat(random.usize(1..400));
                event.splice(at..at, piece);
            }
        }
    }
    event
}
