//! What a store's URL may look like.

use super::Place;

fn check(url: &str, expected: &str) {
    let shown = match Place::parse(url, "dynamodb") {
        Ok(place) => format!(
            "{} {} {}",
            place.region.as_deref().unwrap_or("-"),
            place.endpoint.as_deref().unwrap_or("-"),
            place.prefix.as_deref().unwrap_or("-")
        ),
        Err(error) => error.to_string(),
    };
    assert!(shown.contains(expected), "{url}: {shown}");
}

#[test]
fn a_place_has_a_region_an_endpoint_and_a_prefix_each_if_needed() {
    check("dynamodb:", "- - -");
    check("dynamodb://", "- - -");
    check("dynamodb://eu-central-1", "eu-central-1 - -");
    check(
        "dynamodb://eu-central-1?endpoint=http://127.0.0.1:4566&prefix=test-",
        "eu-central-1 http://127.0.0.1:4566 test-",
    );
    check("dynamodb://?prefix=a", "- - a");
}

#[cfg(feature = "blob")]
#[test]
fn a_place_of_blobs_says_which_content_is_signed() {
    use crate::SignedContent;

    let signed = |url| Place::parse(url, "s3").map(|place| place.signed_content);
    assert_eq!(signed("s3:").unwrap(), SignedContent::WithoutTls);
    assert_eq!(
        signed("s3://eu-central-1?signed-content=always").unwrap(),
        SignedContent::Always
    );
    let error = signed("s3:?signed-content=often").unwrap_err();
    assert!(error.to_string().contains("without-tls"), "{error}");
    check("dynamodb:?signed-content=never", "unknown parameter");
}

#[test]
fn what_is_not_a_place_is_refused_with_the_form_that_is() {
    check("s3://eu-central-1", "it has another scheme");
    check("dynamodb", "dynamodb://REGION?endpoint=URL&prefix=NAME");
    check("dynamodb://eu central", "the region is not a name");
    check("dynamodb://eu-central-1?endpont=x", "unknown parameter");
}
