//! Buckets that were never made.

use isobar::blob::List;
use isobar::{Bucket, Error, ErrorKind};

use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[Case::blob(
    "B-441",
    "a bucket that is not there is empty, or a fault of the deployment that names bucket and key",
    "K3",
    |ctx| Box::pin(missing_bucket(ctx)),
)];

async fn missing_bucket(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket_that_is_missing()?;
    let reads = [
        ("get", bucket.get("a").await.map(drop)),
        ("head", bucket.head("a").await.map(drop)),
        ("copy", bucket.copy("a", "b").await.map(drop)),
    ];
    for (what, result) in reads {
        match result {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            result => is_told(&bucket, what, result)?,
        }
    }
    match bucket.list(&List::new()).await {
        Ok(page) => expect::equal("the entries", &page.entries.len(), &0)?,
        Err(error) => is_told(&bucket, "list", Err(error))?,
    }
    // Some stores make a bucket of whatever is written to.
    match bucket.put("a", "x").await {
        Ok(_) => {
            bucket.delete("a").await?;
            Ok(())
        }
        Err(error) => is_told(&bucket, "put", Err(error)),
    }
}

fn is_told(bucket: &Bucket, what: &str, result: Result<(), Error>) -> Result<(), Failure> {
    let error = expect::kind(what, result, ErrorKind::Internal)?;
    let text = error.to_string();
    let named = text.contains(bucket.name())
        && (what == "list" || text.contains("\"a\"") || text.contains("\"b\""));
    expect::that(named, &format!("{what}: {text:?} names no bucket or key"))?;
    expect::that(!error.retryable(), &format!("{what} is to be tried again"))
}
