//! Ways in which a gateway may be wrong with responses that come in pieces.

use tokio::sync::mpsc::Sender;

use super::Sabotage;
use super::door::DoorFault;
use crate::Failure;
use crate::door::{Piece, WireResponse, WireStream};

const fn stream(
    name: &'static str,
    case: &'static str,
    stream: fn(WireStream) -> WireStream,
) -> Sabotage {
    let none = DoorFault::NONE;
    Sabotage::door(name, case, DoorFault { stream, ..none })
}

/// All of them.
pub(super) const ALL: &[Sabotage] = &[
    stream(
        "a response without content has no head",
        "G-105",
        |stream| {
            let mut head = stream.head.clone();
            if head.status == 302 {
                head = WireResponse::default();
            }
            passed_on(head, stream, Some)
        },
    ),
    stream("responses are collected first", "G-106", collected),
    stream("a piece of a response is lost", "G-228", |stream| {
        let mut number = 0;
        passed_on(stream.head.clone(), stream, move |piece| {
            number += 1;
            (number != 7).then_some(piece)
        })
    }),
    stream(
        "nobody hears that a client is gone",
        "G-456",
        |mut stream| {
            WireStream::new(stream.head.clone(), async move |pieces| {
                // Apart, so that it goes on when nobody reads any more.
                tokio::spawn(async move {
                    // An error says that nothing came for a while.
                    while !matches!(pass_one_on(&mut stream, &pieces).await, Ok(None)) {}
                });
            })
        },
    ),
    stream(
        "a response that failed ends cleanly",
        "G-457",
        ended_cleanly,
    ),
    stream(
        "a response whose content panicked ends cleanly",
        "G-470",
        ended_cleanly,
    ),
];

fn ended_cleanly(stream: WireStream) -> WireStream {
    passed_on(stream.head.clone(), stream, |piece| {
        matches!(piece, Piece::Content(_)).then_some(piece)
    })
}

/// Sends the next piece; says whether there was one.
async fn pass_one_on(
    stream: &mut WireStream,
    pieces: &Sender<Piece>,
) -> Result<Option<()>, Failure> {
    let Some(piece) = stream.next().await? else {
        return Ok(None);
    };
    let _ = pieces.send(piece).await;
    Ok(Some(()))
}

/// The same pieces but for what this makes of them.
fn passed_on(
    head: WireResponse,
    mut stream: WireStream,
    mut change: impl FnMut(Piece) -> Option<Piece> + Send + 'static,
) -> WireStream {
    WireStream::new(head, async move |pieces| {
        while let Ok(Some(piece)) = stream.next().await {
            if let Some(piece) = change(piece)
                && pieces.send(piece).await.is_err()
            {
                return;
            }
        }
    })
}

fn collected(mut stream: WireStream) -> WireStream {
    WireStream::new(stream.head.clone(), async move |pieces| {
        let mut whole = Vec::new();
        while let Ok(Some(piece)) = stream.next().await {
            whole.push(piece);
        }
        for piece in whole {
            let _ = pieces.send(piece).await;
        }
    })
}
