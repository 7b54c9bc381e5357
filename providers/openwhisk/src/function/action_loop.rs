//! ActionLoop: each line of standard input is an activation, each line on descriptor 3 its result.
//!
//! <https://github.com/apache/openwhisk/blob/master/docs/actions-actionloop.md>

use std::io::{self, BufRead, Read as _};
use std::sync::{Mutex, PoisonError};
use std::thread;

use async_trait::async_trait;
use isobar::driver::function::{FunctionDescription, FunctionDriver};
use isobar::function::AppService;
use isobar::{Error, ErrorKind, Result};
use isobar_serve::Variables;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::activation::{Activations, Ended, MOST_BYTES, Settings};
use crate::config::{ACTION_LOOP, WAIT_FOR_ACK};
use crate::error;

/// An action below the proxy of an `ActionLoop` runtime; it has one activation at a time.
#[derive(Debug)]
pub struct ActionLoop {
    /// Taken by the application that is served.
    results: Mutex<Option<std::fs::File>>,
    says_ready: bool,
    settings: Settings,
}

/// The names of descriptor 3: opened by name it needs no code that the compiler cannot check.
const RESULTS: [&str; 2] = ["/proc/self/fd/3", "/dev/fd/3"];

/// Opens descriptor 3; fails with `InvalidArgument` where the process was started without one.
pub fn open_loop(variables: &Variables<'_>) -> Result<ActionLoop> {
    let open = |name: &str| std::fs::OpenOptions::new().write(true).open(name);
    let [first, second] = RESULTS;
    let results = open(first).or_else(|_| open(second));
    Ok(ActionLoop {
        results: Mutex::new(Some(results.map_err(error::no_results)?)),
        says_ready: variables(WAIT_FOR_ACK).is_some_and(|value| !value.is_empty()),
        settings: Settings::from_variables(variables)?,
    })
}

#[async_trait]
impl FunctionDriver for ActionLoop {
    fn describe(&self) -> FunctionDescription {
        FunctionDescription {
            provider: ACTION_LOOP.name,
            capabilities: ACTION_LOOP.capabilities,
        }
    }

    /// Ends where standard input does, or at a signal after the activation under way.
    async fn serve(&self, app: AppService) -> Result<()> {
        let results = self.results.lock();
        let results = results.unwrap_or_else(PoisonError::into_inner).take();
        let mut results = results.map(File::from_std).ok_or_else(|| {
            Error::invalid("this platform serves an application already; open another one")
        })?;
        let mut terminated = signal(SignalKind::terminate()).map_err(error::no_signals)?;
        let mut lines = lines().map_err(error::no_thread)?;
        if self.says_ready {
            write_line(&mut results, br#"{"ok":true}"#).await?;
        }
        let activations = Activations {
            app,
            settings: self.settings,
        };
        loop {
            let line = tokio::select! {
                line = lines.recv() => line.unwrap_or(Ok(Line::End)).map_err(error::broken_pipe)?,
                _ = terminated.recv() => return Ok(()),
            };
            let result = match line {
                Line::End => return Ok(()),
                Line::Whole(line) => match activations.run(&line).await {
                    Ended::Done(result) | Ended::Failed(result) => result,
                },
                Line::TooLong => {
                    let message = format!("the activation has more than {MOST_BYTES} bytes");
                    let error = Error::new(ErrorKind::TooLarge, message);
                    match Ended::failed(&error) {
                        Ended::Done(result) | Ended::Failed(result) => result,
                    }
                }
            };
            write_line(&mut results, &result).await?;
        }
    }
}

/// What comes on standard input.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Whole(Vec<u8>),
    /// It was read to its end, and is not kept.
    TooLong,
    End,
}

/// What comes on standard input, up to its end.
///
/// Nothing can give up a read of it, and a runtime would wait for its own threads that do: this one ends with the process.
fn lines() -> io::Result<mpsc::Receiver<io::Result<Line>>> {
    let (told, lines) = mpsc::channel(1);
    let read = move || {
        let mut input = io::stdin().lock();
        loop {
            let line = next_line(&mut input, MOST_BYTES);
            let is_last = matches!(line, Ok(Line::End) | Err(_));
            if told.blocking_send(line).is_err() || is_last {
                return;
            }
        }
    };
    let thread = thread::Builder::new().name("isobar-activations".to_owned());
    thread.spawn(read).map(|_| lines)
}

/// The next line with at most so many bytes; a last one without an end was cut, and is none.
fn next_line(input: &mut impl BufRead, most: usize) -> io::Result<Line> {
    let mut line = Vec::new();
    let limit = most as u64 + 1;
    input.by_ref().take(limit).read_until(b'\n', &mut line)?;
    if line.last() == Some(&b'\n') {
        line.pop();
        return Ok(Line::Whole(line));
    }
    if line.len() <= most {
        return Ok(Line::End);
    }
    loop {
        line.clear();
        input.by_ref().take(limit).read_until(b'\n', &mut line)?;
        match line.last() {
            Some(b'\n') => return Ok(Line::TooLong),
            Some(_) => {}
            None => return Ok(Line::End),
        }
    }
}

async fn write_line(results: &mut File, result: &[u8]) -> Result<()> {
    let line = [result, b"\n"].concat();
    let written = async {
        results.write_all(&line).await?;
        results.flush().await
    };
    written.await.map_err(error::broken_pipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_to_its_end_whatever_its_length() {
        let mut input = &b"one\n\nlonger\n1234567\n12345678901234567890\nlast\ncut"[..];
        let mut read = || next_line(&mut input, 6).unwrap();
        let whole = |line: &str| Line::Whole(line.as_bytes().to_vec());
        assert_eq!(read(), whole("one"));
        assert_eq!(read(), whole(""));
        assert_eq!(read(), whole("longer"));
        assert_eq!(read(), Line::TooLong);
        assert_eq!(read(), Line::TooLong);
        assert_eq!(read(), whole("last"));
        assert_eq!(read(), Line::End);
        assert_eq!(read(), Line::End);
    }
}
