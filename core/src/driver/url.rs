//! The query of a store's URL.

/// Its parameters, names and values as they stand: nothing is decoded, and a value that is not
/// there is empty.
pub fn parameters(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_pairs_of_names_and_values() {
        let read = |query| parameters(query).collect::<Vec<_>>();
        assert_eq!(read(""), []);
        let endpoint = ("endpoint", "http://h:1/a=b%20");
        assert_eq!(
            read("endpoint=http://h:1/a=b%20&&x&y="),
            [endpoint, ("x", ""), ("y", "")]
        );
    }
}
