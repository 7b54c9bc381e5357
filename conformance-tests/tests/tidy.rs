//! Keeps the shape of the repository: arrows between crates, names of files, what documents mention.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What each crate may depend on, of our own; nothing depends on the command line.
const ARROWS: &[(&str, &[&str])] = &[
    ("isobar", &[]),
    ("isobar-fault-proxy", &[]),
    ("isobar-mutation", &[]),
    ("isobar-serve", &["isobar"]),
    ("isobar-local", &["isobar", "isobar-serve"]),
    ("isobar-aws", &["isobar", "isobar-serve"]),
    ("isobar-oidc", &["isobar"]),
    ("isobar-postgres", &["isobar"]),
    ("isobar-opendal", &["isobar"]),
    ("isobar-gcp", &["isobar", "isobar-serve"]),
    ("isobar-azure", &["isobar", "isobar-serve"]),
    ("isobar-http", &["isobar", "isobar-serve"]),
    ("isobar-alibaba", &["isobar", "isobar-serve"]),
    ("isobar-tencent", &["isobar", "isobar-serve"]),
    ("isobar-fn", &["isobar", "isobar-serve"]),
    ("isobar-openwhisk", &["isobar", "isobar-serve"]),
    (
        "isobar-connect",
        &[
            "isobar",
            "isobar-local",
            "isobar-aws",
            "isobar-postgres",
            "isobar-gcp",
            "isobar-oidc",
            "isobar-opendal",
            "isobar-azure",
            "isobar-http",
            "isobar-alibaba",
            "isobar-tencent",
            "isobar-fn",
            "isobar-openwhisk",
            "isobar-serve",
        ],
    ),
    (
        "isobar-conformance",
        &[
            "isobar",
            "isobar-local",
            "isobar-aws",
            "isobar-postgres",
            "isobar-gcp",
            "isobar-oidc",
            "isobar-opendal",
            "isobar-azure",
            "isobar-http",
            "isobar-alibaba",
            "isobar-tencent",
            "isobar-fn",
            "isobar-openwhisk",
            "isobar-serve",
            "isobar-connect",
            "isobar-fault-proxy",
        ],
    ),
    (
        "isobar-conformance-cosmos",
        &["isobar", "isobar-azure", "isobar-conformance"],
    ),
    (
        "isobar-benchmarks",
        &[
            "isobar",
            "isobar-aws",
            "isobar-gcp",
            "isobar-azure",
            "isobar-local",
            "isobar-http",
            "isobar-alibaba",
            "isobar-tencent",
            "isobar-openwhisk",
            "isobar-serve",
            "isobar-connect",
            "isobar-express",
            "isobar-migrate-analyze",
        ],
    ),
    (
        "isobar-blob-benchmarks",
        &["isobar", "isobar-aws", "isobar-azure"],
    ),
    (
        "isobar-fuzz",
        &[
            "isobar",
            "isobar-aws",
            "isobar-gcp",
            "isobar-azure",
            "isobar-http",
            "isobar-alibaba",
            "isobar-tencent",
            "isobar-openwhisk",
            "isobar-serve",
            "isobar-express-path",
        ],
    ),
    ("isobar-bare-notes", &[]),
    ("notes", &["isobar", "isobar-connect"]),
    ("parcels", &["isobar", "isobar-connect"]),
    ("isobar-migrate-model", &[]),
    ("isobar-express-path", &[]),
    ("isobar-express", &["isobar", "isobar-express-path"]),
    (
        "isobar-migrate-analyze",
        &["isobar-migrate-model", "isobar-express-path"],
    ),
    ("isobar-migrate-generate", &["isobar-migrate-model"]),
    ("isobar-deploy", &[]),
    (
        "isobar-migrate-gateway",
        &[
            "isobar",
            "isobar-serve",
            "isobar-migrate-model",
            "isobar-express-path",
        ],
    ),
    (
        "isobar-front",
        &[
            "isobar",
            "isobar-serve",
            "isobar-connect",
            "isobar-migrate-gateway",
        ],
    ),
    (
        "isobar-cli",
        &[
            "isobar",
            "isobar-serve",
            "isobar-local",
            "isobar-migrate-model",
            "isobar-express-path",
            "isobar-migrate-analyze",
            "isobar-migrate-generate",
            "isobar-migrate-gateway",
            "isobar-deploy",
            "isobar-express",
        ],
    ),
];

/// The vendors' crates; `serve` and `connect` lie beside them and are none.
const VENDORS: [&str; 11] = [
    "providers/local",
    "providers/aws",
    "providers/postgres",
    "providers/gcp",
    "providers/opendal",
    "providers/azure",
    "providers/http",
    "providers/alibaba",
    "providers/tencent",
    "providers/fn",
    "providers/openwhisk",
];

/// Where a provider implements which trait.
const TRAIT_FILES: [(&str, &str); 5] = [
    ("DocumentDriver", "document.rs"),
    ("BlobDriver", "blob.rs"),
    ("GatewayDriver", "gateway.rs"),
    ("FunctionDriver", "function.rs"),
    ("TopicDriver", "topic.rs"),
];

const FORBIDDEN_NAMES: [&str; 7] = [
    "utils", "helpers", "helper", "common", "misc", "manager", "types",
];

/// Paths of a machine and hosts of registries, in halves so that they are not found here.
const FORBIDDEN_TEXTS: [(&str, &str); 9] = [
    ("/tm", "p/"),
    ("/wo", "rk/"),
    ("/ro", "ot/"),
    ("/ho", "me/"),
    ("/Use", "rs/"),
    ("registry.npm", "js.org"),
    ("files.python", "hosted.org"),
    ("pypi.o", "rg/simple"),
    ("index.crates", ".io"),
];

const MOST_LINES: usize = 600;

fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package
        .parent()
        .expect("the package lies in the repository")
        .to_owned()
}

/// Every file that is tracked, or would be if it were added.
fn files() -> Vec<String> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output()
        .expect("git lists the files");
    assert!(
        output.status.success(),
        "git cannot list the files: {output:?}"
    );
    let names = String::from_utf8(output.stdout).expect("file names are UTF-8");
    let mut names: Vec<String> = names.split_terminator('\0').map(str::to_owned).collect();
    // A file that was removed is listed until the removal is committed.
    names.retain(|name| root().join(name).is_file());
    assert!(names.len() > 100, "git lists only {} files", names.len());
    names
}

fn rust_files() -> Vec<String> {
    let ours = |name: &String| is_rust(name) && !is_fixture(name);
    files().into_iter().filter(ours).collect()
}

fn is_rust(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "rs")
}

/// What a test reads as data, and what a generator wrote as its expected output.
fn is_fixture(name: &str) -> bool {
    let data = |part: &str| matches!(part, "fixtures" | "golden" | "goldens" | "snapshots");
    name.split('/').any(data)
}

fn read(name: &str) -> String {
    let bytes = std::fs::read(root().join(name)).expect("a listed file can be read");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[track_caller]
fn none(what: &str, found: impl IntoIterator<Item = String>) {
    let found: BTreeSet<String> = found.into_iter().collect();
    let list = Vec::from_iter(found).join("\n  ");
    assert!(list.is_empty(), "{what}:\n  {list}");
}

/// Our own crates that a manifest names in one of its tables.
fn own_dependencies(manifest: &toml::Table, tables: &[&str]) -> Vec<String> {
    let of = |table: &&str| manifest.get(*table).and_then(toml::Value::as_table);
    let named = tables.iter().filter_map(of).flat_map(toml::Table::keys);
    named
        .filter(|name| name.starts_with("isobar"))
        .cloned()
        .collect()
}

fn manifests() -> BTreeMap<String, toml::Table> {
    let parsed = files()
        .into_iter()
        .filter(|name| name.ends_with("/Cargo.toml"));
    let parsed = parsed.filter(|name| !is_fixture(name)).map(|name| {
        let table: toml::Table = read(&name).parse().expect("a manifest is TOML");
        (name, table)
    });
    parsed
        .filter(|(_, table)| table.contains_key("package"))
        .map(|(_, table)| {
            let name = table["package"]["name"]
                .as_str()
                .expect("a name")
                .to_owned();
            (name, table)
        })
        .collect()
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let mut wrong = Vec::new();
    for (name, manifest) in manifests() {
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            wrong.push(format!("{name} has no arrows in this test"));
            continue;
        };
        for dependency in own_dependencies(&manifest, &["dependencies", "build-dependencies"]) {
            if !allowed.contains(&dependency.as_str()) {
                wrong.push(format!("{name} -> {dependency}"));
            }
        }
        for dependency in own_dependencies(&manifest, &["dev-dependencies"]) {
            let of_core = name == "isobar" && dependency != "isobar";
            if dependency == "isobar-cli" || of_core {
                wrong.push(format!("the tests of {name} -> {dependency}"));
            }
        }
    }
    none("arrows that a decision record would have to allow", wrong);
}

#[test]
fn the_core_knows_no_vendor_and_no_runtime() {
    let manifests = manifests();
    let core = manifests["isobar"]["dependencies"]
        .as_table()
        .expect("a table");
    let foreign = |name: &&String| {
        [
            "aws", "google", "azure", "tokio", "hyper", "redb", "lambda", "postgres", "tonic",
        ]
        .iter()
        .any(|vendor| name.starts_with(vendor))
    };
    none(
        "in the core's dependencies",
        core.keys().filter(foreign).cloned(),
    );
}

#[test]
fn every_provider_has_the_same_files() {
    let mut wrong = Vec::new();
    for vendor in VENDORS {
        let needed = ["README.md", "src/lib.rs", "src/config.rs", "src/error.rs"];
        let absent = needed
            .into_iter()
            .filter(|file| !root().join(vendor).join(file).is_file());
        wrong.extend(absent.map(|file| format!("{vendor} has no {file}")));
        let own = format!("{vendor}/src/");
        let sources = rust_files()
            .into_iter()
            .filter(|name| name.starts_with(&own));
        wrong.extend(sources.flat_map(|name| misplaced(&name, &name[own.len()..])));
    }
    none("files of providers", wrong);
}

/// The driver traits that a file implements and another file should; a vendor with several services
/// of a kind has a file for each below the trait's.
fn misplaced(name: &str, within: &str) -> Vec<String> {
    let text = read(name);
    let implements = |driver: &str| text.contains(&format!("impl {driver} for "));
    let is_service = |file: &str| {
        let below = within.strip_prefix(file.trim_end_matches(".rs"));
        let below = below.and_then(|below| below.strip_prefix('/'));
        below.is_some_and(|service| !service.contains('/'))
    };
    TRAIT_FILES
        .iter()
        .filter(|(driver, file)| within != *file && !is_service(file) && implements(driver))
        .map(|(driver, file)| format!("{name} implements {driver}, which belongs in {file}"))
        .collect()
}

#[test]
fn every_rust_file_opens_with_its_purpose() {
    let silent = |name: &String| !read(name).starts_with("//! ");
    none(
        "files without a first line `//! ...`",
        rust_files().into_iter().filter(silent),
    );
}

#[test]
fn no_file_is_a_heap() {
    let is_test = |name: &str| {
        name.contains("/tests/") || name.ends_with("/tests.rs") || name.contains("/benches/")
    };
    let long = rust_files().into_iter().filter(|name| !is_test(name));
    let long = long.filter(|name| read(name).lines().count() > MOST_LINES);
    none(&format!("files of more than {MOST_LINES} lines"), long);
    let named_so = files().into_iter().filter(|name| {
        let path = Path::new(name);
        let parts = path.with_extension("");
        let forbidden = |part: &str| FORBIDDEN_NAMES.contains(&part);
        is_rust(name) && parts.iter().filter_map(|part| part.to_str()).any(forbidden)
    });
    none("files whose name says nothing", named_so);
    let old_style = rust_files()
        .into_iter()
        .filter(|name| name.ends_with("/mod.rs"));
    none("modules in mod.rs", old_style);
}

#[test]
fn documents_mention_only_paths_that_exist() {
    let mut missing = Vec::new();
    for name in files() {
        let is_document = name.ends_with("README.md")
            || ["ARCHITECTURE.md", "CONTRIBUTING.md"].contains(&name.as_str());
        if !is_document || is_fixture(&name) || name.contains("node_modules/") {
            continue;
        }
        let folder = root().join(&name).parent().expect("a folder").to_owned();
        for path in mentioned_paths(&read(&name), &folder) {
            if !root().join(&path).exists() && !folder.join(&path).exists() {
                missing.push(format!("{name}: {path}"));
            }
        }
    }
    none("paths that do not exist", missing);
}

/// Link targets, and words in backticks that begin with an entry of the repository or the folder.
fn mentioned_paths(text: &str, folder: &Path) -> Vec<String> {
    let links = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let links = links.filter(|link| !link.contains("://") && !link.starts_with('#'));
    let links = links.map(|link| link.split('#').next().unwrap_or(link).to_owned());
    let prose = without_code_blocks(text);
    let quoted = prose.split('`').skip(1).step_by(2);
    let is_path = |word: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
        let (first, rest) = word.split_once('/').unwrap_or((word, ""));
        let there =
            !first.is_empty() && (root().join(first).exists() || folder.join(first).exists());
        word.chars().all(plain) && !rest.is_empty() && there && first != "target"
    };
    let words = quoted.filter(|word| is_path(word)).map(str::to_owned);
    links.chain(words).collect()
}

fn without_code_blocks(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

#[test]
fn no_file_names_a_machine_or_a_registry() {
    let mut found = Vec::new();
    for name in files() {
        let text = read(&name);
        for (first, second) in FORBIDDEN_TEXTS {
            let whole = format!("{first}{second}");
            let line = text.lines().position(|line| names(line, &whole));
            found.extend(line.map(|at| format!("{name}:{}: {whole}", at + 1)));
        }
    }
    none("paths of a machine, hosts of registries", found);
}

/// A path of a machine begins a word; within one it is part of a URL or of another path.
fn names(line: &str, text: &str) -> bool {
    line.match_indices(text).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "_-./}".contains(c))
    })
}

#[test]
fn what_every_repository_has_is_here() {
    let needed = [
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "test",
        ".ci/run",
    ];
    let missing = needed
        .into_iter()
        .filter(|name| !root().join(name).is_file());
    none("missing", missing.map(str::to_owned));
    let continuous = read(".ci/run");
    assert!(
        continuous.contains("./test"),
        ".ci/run does not call ./test"
    );
}
