//! A proxy between a store's client and its server that delays, loses, refuses and garbles what
//! passes.
//!
//! It counts requests, not bytes: a [`Fault`] meets the next request, or a later one, or one that
//! has some text in it. The rest passes unharmed. So a test can say "the answer to the second
//! commit is lost" of every store whose protocol is known here.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use isobar_fault_proxy::{Fault, Protocol, Proxy};
//!
//! let server = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let proxy = Proxy::before(server.local_addr()?, Protocol::Http1).await?;
//! proxy.plan(Fault::CutAfter.on("PutItem").after(1));
//! assert_ne!(proxy.address(), server.local_addr()?);
//! # Ok(())
//! # }
//! ```

mod busy;
mod fault;
mod http;
mod line;
mod plan;
mod postgres;
mod proxy;

pub use fault::{Answer, Fault, Gate};
pub use plan::Plan;
pub use proxy::{Protocol, Proxy};
