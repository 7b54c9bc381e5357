//! Documents on Azure: the URL says in which of its services.

#[cfg(feature = "cosmos")]
pub mod cosmos;
#[cfg(feature = "tables")]
pub mod tables;
