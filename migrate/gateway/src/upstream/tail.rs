//! The last lines of a log, of which only the end is read: an application may have written any amount.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

const MOST_LINES: usize = 20;
const MOST_BYTES: u64 = 64 * 1024;
const MOST_CHARACTERS: usize = 500;

/// The last lines that say something, cut where they are long; nothing where the file cannot be read.
pub(super) fn tail(log: &Path) -> String {
    let end = end(log).unwrap_or_default();
    let end = String::from_utf8_lossy(&end);
    let mut lines: Vec<String> = end
        .lines()
        .rev()
        .filter(|line| !line.trim().is_empty())
        .take(MOST_LINES)
        .map(cut)
        .collect();
    lines.reverse();
    lines.join("\n")
}

fn end(log: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(MOST_BYTES)))?;
    let mut end = Vec::new();
    // More may be written meanwhile.
    file.take(MOST_BYTES).read_to_end(&mut end)?;
    Ok(end)
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(MOST_CHARACTERS) {
        Some((at, _)) => format!("{}\u{2026}", &line[..at]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn the_last_lines_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("legacy.log");
        assert_eq!(tail(&log), "");
        let lines: Vec<String> = (0..30).map(|number| format!("line {number}\n\n")).collect();
        std::fs::write(&log, lines.concat()).unwrap();
        let told = tail(&log);
        assert_eq!(told.lines().count(), MOST_LINES);
        assert!(told.starts_with("line 10\n") && told.ends_with("line 29"));
    }

    #[test]
    fn of_a_long_log_and_a_long_line_little_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("legacy.log");
        let mut file = File::create(&log).unwrap();
        // A hole: nobody could read it whole into memory.
        file.set_len(1 << 40).unwrap();
        file.seek(SeekFrom::End(0)).unwrap();
        writeln!(file, "\n{}\nthe end", "é".repeat(10_000)).unwrap();
        let told = tail(&log);
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines[lines.len() - 1], "the end");
        assert!(lines[lines.len() - 2].ends_with("é\u{2026}"));
        assert!(told.len() < 4_096, "{} bytes", told.len());
    }
}
