//! What platforms deploy, from what an application declares.
//!
//! Pure: the description of an application goes in, files in memory come out, and the same
//! description gives the same bytes. [`export()`] writes what a platform is configured with,
//! [`package()`] the archive that holds the program.

mod alibaba;
mod application;
mod archive;
mod authorizers;
mod aws;
mod azure;
mod binary;
mod bundle;
mod cron;
mod delivery;
mod environment;
mod error;
mod export;
mod fn_project;
mod gcp;
mod image;
mod knative;
mod limits;
mod names;
mod openapi;
mod openfaas;
mod openwhisk;
mod order;
mod package;
mod route_limits;
mod target;
mod tencent;
mod terraform;
mod timeouts;
mod unexpanded;
mod yaml;

pub use application::{
    Application, Authorizer, Collection, Given, Index, Requirement, Route, Schedule, Secret,
    Setting,
};
pub use archive::PackedFile;
pub use binary::{ProgramFacts, inspect};
pub use bundle::{Bundle, check_target};
pub use error::{Error, ErrorKind, Result};
pub use export::{Architecture, Definition, Export, File, Source, export};
pub use package::{Content, Package, PackageSource, is_container, needs_application, package};
pub use target::{Target, Waking};
