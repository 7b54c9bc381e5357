//! Which files may hold secrets, by their names and by what stands in them.

/// Files of which no part is ever anything else.
const NAMES: [&str; 10] = [
    ".env",
    ".envrc",
    ".git-credentials",
    ".htpasswd",
    ".netrc",
    ".npmrc",
    ".pgpass",
    ".pypirc",
    ".yarnrc",
    ".yarnrc.yml",
];
/// Folders in which people keep credentials.
const FOLDERS: [&str; 7] = [
    ".aws", ".azure", ".docker", ".gcloud", ".gnupg", ".kube", ".ssh",
];
const BEGINNINGS: [&str; 4] = [".env.", "id_ecdsa", "id_ed25519", "id_rsa"];
const ENDS: [&str; 6] = [".env", ".jks", ".key", ".keystore", ".p12", ".pfx"];
/// Of these it depends on what is in them: certificates are no secrets.
const MAY_HOLD_KEYS: [&str; 3] = [".crt", ".json", ".pem"];

/// Whether a file or folder may hold secrets, by its path within the application. What installed packages hold is public.
pub(super) fn is_secret(path: &str) -> bool {
    let own = path.split("node_modules/").next().unwrap_or(path);
    own.split('/').any(|name| {
        NAMES.contains(&name)
            || FOLDERS.contains(&name)
            || BEGINNINGS
                .iter()
                .any(|beginning| name.starts_with(beginning))
            || ENDS.iter().any(|end| name.ends_with(end))
    })
}

/// Whether it has a private key in it.
pub(super) fn holds_private_key(path: &str, content: &[u8]) -> bool {
    const MARK: &[u8] = b"PRIVATE KEY-----";
    let own = !path.contains("node_modules/");
    own && MAY_HOLD_KEYS.iter().any(|end| path.ends_with(end))
        && content.windows(MARK.len()).any(|found| found == MARK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for path in [
            ".env",
            "a/.env.prod",
            "prod.env",
            ".ssh",
            "x/.aws",
            "id_rsa",
            "a.p12",
        ] {
            assert!(is_secret(path), "{path}");
        }
        for path in [
            "env.js",
            "environment",
            "keys.js",
            "node_modules/a/test.key",
            "ssh",
        ] {
            assert!(!is_secret(path), "{path}");
        }
        let key = b"{\"private_key\": \"-----BEGIN PRIVATE KEY-----\"}";
        assert!(holds_private_key("account.json", key));
        assert!(!holds_private_key("server.js", key));
    }
}
