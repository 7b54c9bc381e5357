//! Queries whose values both versions of qs agree on; the differences are shown by the runs against both Expresses.

use super::*;

fn check(query: &str, expected: &str) {
    for profile in [Profile::V4, Profile::V5] {
        let parsed = parse(query, Options::of_query(profile));
        assert_eq!(format!("{parsed:?}"), expected, "{profile:?} {query}");
    }
}

#[test]
fn brackets_make_objects_and_arrays() {
    check("a=1&b=2", r#"{"a":"1","b":"2"}"#);
    check("a[b][c]=1", r#"{"a":{"b":{"c":"1"}}}"#);
    check("a[]=1&a[]=2", r#"{"a":["1","2"]}"#);
    check("a[1]=x&a[0]=y", r#"{"a":["y","x"]}"#);
    check("a[3]=x", r#"{"a":["x"]}"#);
    check("a=1&a=2&a=3", r#"{"a":["1","2","3"]}"#);
    check("a[b]=1&a=2", r#"{"a":[{"b":"1"},"2"]}"#);
    check(
        "a[b][c][d][e][f][g]=1",
        r#"{"a":{"b":{"c":{"d":{"e":{"f":{"[g]":"1"}}}}}}}"#,
    );
    check("a%5Bb%5D=%20+", r#"{"a":{"b":"  "}}"#);
}

#[test]
fn odd_names_are_kept_or_dropped_as_in_the_original() {
    check("=x&[]=y", r#"{"0":"y"}"#);
    check("a[=1", r#"{"a":{"[":"1"}}"#);
    check("__proto__[x]=1&a[__proto__][y]=2", r#"{"a":{}}"#);
    check("a%zz=1", r#"{"a%zz":"1"}"#);
    check("hasOwnProperty=1", r#"{"hasOwnProperty":"1"}"#);
    check("a[9999999999]=1", r#"{"a":{"9999999999":"1"}}"#);
}
