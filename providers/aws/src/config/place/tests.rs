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

#[test]
fn what_is_not_a_place_is_refused_with_the_form_that_is() {
    check("s3://eu-central-1", "it has another scheme");
    check("dynamodb", "dynamodb://REGION?endpoint=URL&prefix=NAME");
    check("dynamodb://eu central", "the region is not a name");
    check("dynamodb://eu-central-1?endpont=x", "unknown parameter");
}
