//! How states change: through the socket of a running gateway, which puts the change in force before it answers, or, where
//! none runs, in the files that the next one will read.

mod protocol;
mod server;

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

pub use protocol::RouteReport;
pub(crate) use server::{Control, Controlled};

use protocol::{Answer, LONGEST_LINE, Question};

use crate::change::{Change, Wish};
use crate::config::Migration;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Ledger, Occasion, read_states};
use crate::places::Places;
use crate::table::Table;

/// Where a change took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InForce {
    /// A running gateway acknowledged it: the next request sees it.
    Now,
    /// No gateway runs; the next one will read it.
    AtNextStart,
}

/// Fulfils `wish` for the migration at `places`.
pub async fn change(places: &Places, wish: Wish, occasion: Occasion) -> Result<(Change, InForce)> {
    if let Some(mut stream) = connect(places).await? {
        let question = Question::Change { wish, occasion };
        return match ask(&mut stream, places, &question).await? {
            Answer::Changed(change) => Ok((change, InForce::Now)),
            answer => Err(unexpected(places, &answer)),
        };
    }
    let _hold = places.hold().await?;
    let table = Table::new(&Migration::read(&places.configuration)?)?;
    let mut states = read_states(places, &table)?;
    let change = Ledger::open(places)?.change(&table, &mut states, &wish, &occasion)?;
    Ok((change, InForce::AtNextStart))
}

/// The routes with their states, and what a running gateway knows about them.
pub async fn report(places: &Places) -> Result<(Vec<RouteReport>, bool)> {
    if let Some(mut stream) = connect(places).await? {
        return match ask(&mut stream, places, &Question::Report).await? {
            Answer::Report(routes) => Ok((routes, true)),
            answer => Err(unexpected(places, &answer)),
        };
    }
    let table = Table::new(&Migration::read(&places.configuration)?)?;
    let states = read_states(places, &table)?;
    Ok((
        protocol::report(&table, &states, &std::collections::BTreeMap::new()),
        false,
    ))
}

/// The user who runs this process, for the journal.
pub fn this_user() -> String {
    let id = rustix::process::getuid().as_raw();
    match crate::environment::user() {
        Some(name) => format!("{name} (uid {id})"),
        None => format!("uid {id}"),
    }
}

async fn connect(places: &Places) -> Result<Option<UnixStream>> {
    match UnixStream::connect(&places.control).await {
        Ok(stream) => Ok(Some(stream)),
        // A socket without a listener is what a killed gateway leaves behind.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(Error::file("connect to", &places.control, error)),
    }
}

async fn ask(stream: &mut UnixStream, places: &Places, question: &Question) -> Result<Answer> {
    let failed = |error| Error::file("talk to the gateway at", &places.control, error);
    let mut line = serde_json::to_vec(question).expect("a question is JSON");
    line.push(b'\n');
    stream.write_all(&line).await.map_err(failed)?;
    let mut answer = String::new();
    let mut reader = BufReader::new(stream.take(LONGEST_LINE));
    reader.read_line(&mut answer).await.map_err(failed)?;
    match serde_json::from_str(&answer) {
        Ok(Answer::Refused(why)) => Err(Error::new(ErrorKind::Refused, why)),
        Ok(Answer::Failed(why)) => Err(Error::new(ErrorKind::Io, why)),
        Ok(answer) => Ok(answer),
        Err(error) => {
            let message = format!(
                "the gateway at {} did not answer in its protocol",
                places.control.display()
            );
            Err(Error::new(ErrorKind::Io, message).with_source(error))
        }
    }
}

fn unexpected(places: &Places, answer: &Answer) -> Error {
    let message = format!(
        "the gateway at {} answered something else",
        places.control.display()
    );
    tracing::debug!(?answer, "unexpected");
    Error::new(ErrorKind::Io, message)
}
