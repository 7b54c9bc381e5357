//! The operators of OpenDAL, one for each bucket, made when it is first asked for.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use isobar::{Error, ErrorKind, Result};
use opendal::raw::Servicer;
use opendal::{HttpTransporter, OperationContext, Operator};

use crate::transport::Careful;

type Make = dyn Fn(&str) -> opendal::Result<Operator> + Send + Sync;
type Made = Arc<(Servicer, OperationContext)>;

/// One operator for each bucket; the native type of [`OpendalStore`](crate::OpendalStore).
#[derive(Clone)]
pub struct Operators {
    make: Arc<Make>,
    made: Arc<Mutex<HashMap<String, Made>>>,
    http: HttpTransporter,
}

impl fmt::Debug for Operators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operators").finish_non_exhaustive()
    }
}

impl Operators {
    pub(crate) fn new(
        make: impl Fn(&str) -> opendal::Result<Operator> + Send + Sync + 'static,
    ) -> Result<Self> {
        Ok(Self {
            make: Arc::new(make),
            made: Arc::default(),
            http: HttpTransporter::new(Careful::new()?),
        })
    }

    /// The operator of a bucket, without any layer.
    pub fn operator(&self, bucket: &str) -> Result<Operator> {
        let made = self.of(bucket)?;
        Ok(Operator::from_parts(made.1.clone(), Arc::clone(&made.0)))
    }

    pub(crate) fn of(&self, bucket: &str) -> Result<Made> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(bucket) {
            return Ok(Arc::clone(known));
        }
        check_name(bucket)?;
        let operator = (self.make)(bucket).map_err(refused)?;
        let context = operator.base_context();
        let context = context.with_http_transport(self.http.clone());
        let new = Arc::new((Arc::clone(operator.base_service()), context));
        made.insert(bucket.to_owned(), Arc::clone(&new));
        Ok(new)
    }
}

/// A name may become a directory or a host.
fn check_name(bucket: &str) -> Result<()> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if bucket.is_empty() || bucket.starts_with('.') || !bucket.bytes().all(plain) {
        let message = "the bucket's name has other characters than letters, digits, - _ and .";
        return Err(Error::invalid(message));
    }
    Ok(())
}

fn refused(error: opendal::Error) -> Error {
    let kind = match error.kind() {
        opendal::ErrorKind::NotFound => ErrorKind::NotFound,
        _ => ErrorKind::InvalidArgument,
    };
    let message = format!("OpenDAL does not take the settings: {}", error.message());
    Error::new(kind, message).with_source(error)
}
