//! Checks through the public interface, against what both real Expresses answer.

#[cfg(test)]
mod dates;
#[cfg(test)]
mod differential;
#[cfg(test)]
mod exchange;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod service;
#[cfg(test)]
mod state;
