//! Checks through the public interface.

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod refusals;
