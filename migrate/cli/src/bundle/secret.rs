//! Which files may hold secrets, by their names and by what stands in them.

/// Files of which no part is ever anything else.
const NAMES: [&str; 12] = [
    ".dockercfg",
    ".git-credentials",
    ".htpasswd",
    ".my.cnf",
    ".netrc",
    ".npmrc",
    ".pgpass",
    ".pypirc",
    ".terraformrc",
    ".vault-token",
    ".yarnrc",
    ".yarnrc.yml",
];
/// Folders in which people and their tools keep credentials.
const FOLDERS: [&str; 8] = [
    ".aws",
    ".azure",
    ".docker",
    ".gcloud",
    ".gnupg",
    ".kube",
    ".ssh",
    ".terraform",
];
/// Dots before them do not count, which editors put there.
const BEGINNINGS: [&str; 4] = ["id_dsa", "id_ecdsa", "id_ed25519", "id_rsa"];
const ENDS: [&str; 12] = [
    ".env",
    ".jks",
    ".key",
    ".keystore",
    ".p12",
    ".p8",
    ".pfx",
    ".ppk",
    ".tfstate",
    ".tfstate.backup",
    ".tfvars",
    ".tfvars.json",
];
/// What is put behind the name of a file of which somebody, or an editor, keeps another version.
const COPIES: [&str; 13] = [
    "~", "#", ".backup", ".bak", ".copy", ".old", ".orig", ".save", ".swn", ".swo", ".swp", ".tmp",
    "_bak",
];
/// What `env` alone is followed by where it is no code.
const ENVIRONMENTS: [&str; 14] = [
    "ci",
    "dev",
    "development",
    "docker",
    "live",
    "local",
    "prod",
    "production",
    "qa",
    "secret",
    "secrets",
    "stage",
    "staging",
    "test",
];
/// Files that check for a private key, or build one, as often as they hold one.
const CODE: [&str; 8] = [".cjs", ".cts", ".js", ".jsx", ".md", ".mjs", ".mts", ".ts"];

/// What was found of a private key in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PrivateKey {
    /// Nothing.
    None,
    /// Code that has the mark of one, and nothing that looks like one behind it.
    Named,
    /// One.
    Held,
}

/// Whether a file or folder may hold secrets, by its path within the application. What installed packages hold is public.
pub(super) fn is_secret(path: &str) -> bool {
    let own = path.split('/').take_while(|name| *name != MODULES);
    own.map(str::to_lowercase)
        .any(|name| is_secret_name(&name) || is_secret_name(original(&name)))
}

/// Whether a file belongs to an installed package.
fn is_installed(path: &str) -> bool {
    path.split('/').any(|name| name == MODULES)
}

/// Where packages are installed.
pub(super) const MODULES: &str = "node_modules";

/// The name of which this is the name of a copy: of `.env` those are `.env.bak` and `..env.swp`.
fn original(name: &str) -> &str {
    let mut name = name.trim_start_matches('#');
    while let Some(shorter) = COPIES.iter().find_map(|end| name.strip_suffix(end)) {
        name = shorter;
    }
    match name.strip_prefix('.') {
        Some(rest) if rest.starts_with(['.', '#']) => rest.trim_start_matches('#'),
        _ => name,
    }
}

/// In lower case.
fn is_secret_name(name: &str) -> bool {
    let bare = name.trim_start_matches('.');
    let environment = name.strip_prefix("env").and_then(|rest| {
        let rest = rest.strip_prefix(['.', '-', '_'])?;
        rest.rsplit(['.', '-', '_']).next()
    });
    NAMES.contains(&name)
        || FOLDERS.contains(&name)
        || name.starts_with(".env")
        || BEGINNINGS.iter().any(|start| bare.starts_with(start))
        || ENDS.iter().any(|end| name.ends_with(end))
        || environment.is_some_and(|environment| ENVIRONMENTS.contains(&environment))
}

/// Looks for a private key, in the first bytes only of a file that is large.
pub(super) fn private_key(path: &str, content: &[u8]) -> PrivateKey {
    const MARKS: [&[u8]; 2] = [b"PRIVATE KEY-----", b"PRIVATE KEY BLOCK-----"];
    const MOST_SEARCHED: usize = 16 << 20;
    if is_installed(path) {
        return PrivateKey::None;
    }
    let searched = content.get(..MOST_SEARCHED).unwrap_or(content);
    let lower = path.to_lowercase();
    let is_code = CODE.iter().any(|end| lower.ends_with(end));
    let mut found = PrivateKey::None;
    // The dashes are rarer than any other part of the mark, and so are looked for first.
    for (at, _) in searched
        .windows(5)
        .enumerate()
        .filter(|(_, five)| *five == b"-----")
    {
        let before = &searched[..at + 5];
        if !MARKS.iter().any(|mark| before.ends_with(mark)) {
            continue;
        }
        if !is_code || is_key(&searched[at + 5..]) {
            return PrivateKey::Held;
        }
        found = PrivateKey::Named;
    }
    found
}

/// Whether a line of a key in Base64 follows, of which all but the last have 64 characters (RFC 7468, section 2).
fn is_key(after: &[u8]) -> bool {
    const NEAR: usize = 512;
    const LINE: usize = 40;
    let near = after.get(..NEAR).unwrap_or(after);
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    near.split(|byte| !is_base64(byte))
        .any(|run| run.len() >= LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for path in [
            ".env",
            ".env-production",
            ".env~",
            "..env.swp",
            ".#.env",
            "#.env#",
            ".ENV",
            "a/.env.prod",
            "env.local",
            "env-production",
            "prod.env",
            "prod.env.bak",
            ".ssh",
            "x/.aws",
            "id_rsa",
            ".id_rsa.swp",
            "a.p12",
            "apns.p8",
            "login.ppk",
            "server.KEY",
            "server.key.old",
            "terraform.tfstate",
            "terraform.tfstate.backup",
            "prod.tfvars",
            "infra/.terraform",
            "old_node_modules/.env",
            "node_modules.old/.env",
        ] {
            assert!(is_secret(path), "{path}");
        }
        for path in [
            "env",
            "env.js",
            "env.test.js",
            "environment",
            "keys.js",
            "key.txt",
            "monkey",
            "node_modules/a/test.key",
            "packages/a/node_modules/b/.env",
            "ssh",
        ] {
            assert!(!is_secret(path), "{path}");
        }
    }

    #[test]
    fn private_keys_are_found_in_files_of_any_name() {
        let key = b"-----BEGIN EC PRIVATE KEY-----\nMHQCAQEEIBkg4LVWM9nuwNSk3yByxZpYRTBnVJk5oW3gLAAAAAAA\n";
        for path in [
            "jwt_private",
            "key.txt",
            "config/jwt.PEM",
            "account.json",
            "keys.js",
        ] {
            assert_eq!(private_key(path, key), PrivateKey::Held, "{path}");
        }
        let installed = "node_modules/a/key.pem";
        assert_eq!(private_key(installed, key), PrivateKey::None);
        assert_eq!(private_key("old_node_modules/a", key), PrivateKey::Held);
        let pgp = b"-----BEGIN PGP PRIVATE KEY BLOCK-----";
        assert_eq!(private_key("a.asc", pgp), PrivateKey::Held);
        let certificate = b"-----BEGIN CERTIFICATE-----";
        assert_eq!(private_key("ca.pem", certificate), PrivateKey::None);
    }

    #[test]
    fn code_that_only_names_a_private_key_is_told_from_one() {
        let code = b"const key = '-----BEGIN PRIVATE KEY-----\\n' + process.env.JWT_KEY;";
        assert_eq!(private_key("server.js", code), PrivateKey::Named);
        assert_eq!(private_key("server.txt", code), PrivateKey::Held);
    }
}
