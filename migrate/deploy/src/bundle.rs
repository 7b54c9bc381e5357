//! What goes into a package beside a program so that a whole migration can leave its server: the gateway as a function,
//! the configuration of the migration, and the legacy application.

use crate::application::Application;
use crate::archive::PackedFile;
use crate::binary::inspect;
use crate::environment::waits_for_events;
use crate::error::{Error, ErrorKind, Result};
use crate::image;
use crate::package::PackageSource;
use crate::target::Target;

/// A migration to be packed.
#[derive(Debug)]
pub struct Bundle<'b> {
    /// The program `isobar-front`, which the platform starts.
    pub gateway: &'b [u8],
    /// `migration.toml`, with `legacy` as the folder of the legacy application and the ported program beside it.
    pub migration: &'b str,
    /// `migration.state.json`: the states of routes with which a new instance begins.
    pub states: Option<&'b [u8]>,
    /// The files of the legacy application, by their paths within its folder.
    pub legacy: &'b [PackedFile],
}

/// What the gateway is called in a package.
const GATEWAY: &str = "isobar-front";
/// The image that a container is built from: glibc 2.36, and Node.
const IMAGE: &str = "node:22-bookworm-slim";
/// Where the certificates of public authorities come from, which that has not and the ported program needs.
const CERTIFICATES: &str = "gcr.io/distroless/cc-debian12:nonroot";
/// What Lambda starts, as the runtime itself or in place of Node. It is then given the command of Node, which is not
/// passed on.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper>
const BOOTSTRAP: &str = "#!/bin/sh\nexec \"${0%/*}/isobar-front\"\n";
const OPENWHISK: &str = "\
OpenWhisk tells an action its parameters in /init, which is the environment of none of the three programs: they have that \
of the image. What is no secret stands in the Dockerfile as ENV, to be filled in; no secret does: whoever has the image reads its \
environment, so add secrets only to an image that nobody else has, or let the operator give them to containers";
/// Names that the bundle has itself.
const OWN: [&str; 6] = [
    "bootstrap",
    GATEWAY,
    "Dockerfile",
    "legacy",
    "migration.toml",
    "migration.state.json",
];

/// All files of the package.
pub(crate) fn files(
    target: Target,
    source: &PackageSource<'_>,
    bundle: &Bundle<'_>,
) -> Result<Vec<PackedFile>> {
    check(target, source, bundle)?;
    let mut files = vec![
        PackedFile::program(GATEWAY, bundle.gateway),
        PackedFile::program(source.name, source.program),
        PackedFile::text("migration.toml", bundle.migration),
    ];
    let states = bundle.states.iter();
    files.extend(states.map(|states| PackedFile::text("migration.state.json", *states)));
    files.extend(bundle.legacy.iter().map(|file| PackedFile {
        path: format!("legacy/{}", file.path),
        ..file.clone()
    }));
    if target == Target::Aws {
        files.push(PackedFile::program("bootstrap", BOOTSTRAP));
        return Ok(files);
    }
    let told = match source.application {
        Some(application) if target == Target::OpenWhisk => image::environment(application)?,
        _ => String::new(),
    };
    files.push(PackedFile::text("Dockerfile", dockerfile(&told)));
    files.extend(image::ignored(
        target,
        &[
            GATEWAY,
            source.name,
            "migration.toml",
            "migration.state.json",
            "legacy",
        ],
    ));
    Ok(files)
}

fn check(target: Target, source: &PackageSource<'_>, bundle: &Bundle<'_>) -> Result<()> {
    check_target(target)?;
    if OWN.iter().any(|own| own.eq_ignore_ascii_case(source.name)) {
        let message = format!(
            "the package has a {} of its own: rename the program",
            source.name
        );
        return Err(Error::new(ErrorKind::Binary, message));
    }
    let (gateway, program) = (inspect(bundle.gateway)?, inspect(source.program)?);
    if gateway.architecture != program.architecture {
        let message = format!(
            "the gateway is built for {}, and the program for {}",
            gateway.architecture.triple(),
            program.architecture.triple()
        );
        return Err(Error::new(ErrorKind::Binary, message));
    }
    if source.application.is_some_and(waits_for_events) {
        let message = "the ported application waits for events, which do not go through the gateway: deploy it on its own as well, \
             or take its events away";
        return Err(Error::unsupported(message));
    }
    Ok(())
}

/// `Unsupported` where a platform could not start a bundle.
pub fn check_target(target: Target) -> Result<()> {
    refusal(target).map_or(Ok(()), |reason| {
        let message = format!("{target} takes no legacy application: {reason}");
        Err(Error::unsupported(message))
    })
}

/// Why there is no such package for a platform.
fn refusal(target: Target) -> Option<&'static str> {
    match target {
        Target::AwsServerless => Some(
            "version 3 of the Serverless Framework knows no runtime nodejs22.x; package for aws",
        ),
        Target::Azure => Some("custom handlers have no Node beside them; deploy a container"),
        Target::Alibaba | Target::Tencent => {
            Some("nobody has seen which Node its custom runtime has; deploy a container elsewhere")
        }
        _ => None,
    }
}

/// What a person should know before deploying it.
pub(crate) fn notes(
    target: Target,
    bundle: &Bundle<'_>,
    application: Option<&Application>,
) -> Vec<String> {
    let mut notes = vec![
        "each instance starts a legacy application of its own: what that keeps in memory or on its disk is not shared, so \
         deploy it with at most one instance as long as it keeps any"
            .to_owned(),
        "states of routes are changed in the package: isobar promote or rollback, then isobar package again".to_owned(),
    ];
    if target == Target::Aws {
        let message = "provided.al2023 has no Node: choose the runtime nodejs22.x and set AWS_LAMBDA_EXEC_WRAPPER=/var/task/bootstrap, \
             which starts the gateway in Node's place; only /tmp can be written";
        notes.push(message.to_owned());
    }
    if target == Target::OpenWhisk {
        notes.push(OPENWHISK.to_owned());
        let unasked = "the program that is built for another machine was not asked for its settings: the Dockerfile has none";
        notes.extend(application.is_none().then(|| unasked.to_owned()));
    }
    let native = bundle.legacy.iter().filter(|file| is_native(file));
    notes.extend(native.map(|file| {
        let path = &file.path;
        format!("legacy/{path} is machine code of this machine's system: it may not load on the platform's")
    }));
    if application.is_none() {
        let message = "the ported program was not asked whether it waits for events, since it is built for another \
             machine: they do not go through the gateway";
        notes.push(message.to_owned());
    }
    notes
}

fn is_native(file: &PackedFile) -> bool {
    let name = std::path::Path::new(&file.path);
    name.extension()
        .is_some_and(|extension| extension == "node")
}

/// An image with Node, the whole bundle, and nobody's rights.
fn dockerfile(environment: &str) -> String {
    format!(
        "FROM {IMAGE}\n\
         {environment}\
         COPY --from={CERTIFICATES} /etc/ssl/certs /etc/ssl/certs\n\
         COPY --chown=node:node . /app\n\
         USER node\n\
         ENTRYPOINT [\"/app/{GATEWAY}\"]\n"
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use crate::{Content, package};

    use super::*;

    fn own_program() -> Vec<u8> {
        std::fs::read("/bin/cat").unwrap()
    }

    fn legacy() -> Vec<PackedFile> {
        vec![
            PackedFile::text("server.js", "listen()"),
            PackedFile::text("node_modules/a/b.node", "ELF"),
        ]
    }

    /// The names of files with whether each is a program, and the notes.
    type Packed = (Vec<(String, bool)>, Vec<String>);

    /// Packs a bundle with a program of this name.
    fn packed(target: Target, name: &str) -> Result<Packed> {
        let program = own_program();
        let legacy = legacy();
        let bundle = Bundle {
            gateway: &program,
            migration: "format = 1\n",
            states: Some(b"{}"),
            legacy: &legacy,
        };
        let source = PackageSource {
            program: &program,
            name,
            architecture: None,
            application: None,
            events_path: None,
            bundle: Some(&bundle),
        };
        let package = package(target, &source)?;
        let files = files(target, &source, &bundle)?;
        let archive = matches!(package.content, Content::Archive { .. });
        assert_eq!(archive, target == Target::Aws);
        let files = files.into_iter().map(|file| (file.path, file.executable));
        Ok((files.collect(), package.notes))
    }

    #[test]
    fn the_gateway_is_what_the_platform_starts() {
        let (files, notes) = packed(Target::Aws, "notes").unwrap();
        let expected = [
            ("isobar-front", true),
            ("notes", true),
            ("migration.toml", false),
            ("migration.state.json", false),
            ("legacy/server.js", false),
            ("legacy/node_modules/a/b.node", false),
            ("bootstrap", true),
        ];
        assert_eq!(files, expected.map(|(name, mode)| (name.to_owned(), mode)));
        assert!(
            notes.iter().any(|note| note.contains("nodejs22.x")),
            "{notes:?}"
        );
        assert!(
            notes.iter().any(|note| note.contains("b.node")),
            "{notes:?}"
        );
        let (files, notes) = packed(Target::Gcp, "notes").unwrap();
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names[0], names[6]), ("isobar-front", "Dockerfile"));
        assert!(
            !notes.iter().any(|note| note.contains("nodejs22.x")),
            "{notes:?}"
        );
    }

    #[test]
    fn what_lambda_adds_to_its_start_does_not_reach_the_gateway() {
        let folder = tempfile::tempdir().unwrap();
        let bootstrap = folder.path().join("bootstrap");
        for (name, content) in [
            ("bootstrap", BOOTSTRAP),
            (GATEWAY, "#!/bin/sh\necho \"$# $0\"\n"),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let output = std::process::Command::new(&bootstrap)
            .args([
                "/var/lang/bin/node",
                "--max-semi-space-size=32",
                "/var/runtime/index.mjs",
            ])
            .output()
            .unwrap();
        let expected = format!("0 {}\n", folder.path().join(GATEWAY).display());
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    }

    #[test]
    fn what_is_no_secret_is_told_an_action_of_openwhisk_by_its_image() {
        let program = own_program();
        let described =
            br#"{"name":"notes","collections":[],"buckets":[],"schedules":[],"routes":[],
            "settings":[{"name":"PLACE","default":"here"}],"secrets":[{"name":"API_KEY"}]}"#;
        let application = Application::parse(described).unwrap();
        let bundle = Bundle {
            gateway: &program,
            migration: "format = 1\n",
            states: None,
            legacy: &legacy(),
        };
        let source = PackageSource {
            program: &program,
            name: "notes",
            architecture: None,
            application: Some(&application),
            events_path: None,
            bundle: Some(&bundle),
        };
        let of = |target: Target, name: &str| {
            let files = files(target, &source, &bundle).unwrap();
            let file = files.into_iter().find(|file| file.path == name).unwrap();
            String::from_utf8(file.content).unwrap()
        };
        let lines = of(Target::OpenWhisk, "Dockerfile");
        assert!(lines.contains("ENV PLACE=\"here\"\n"), "{lines}");
        assert!(!lines.contains("API_KEY"), "{lines}");
        assert!(!of(Target::Knative, "Dockerfile").contains("ENV"));
        let ignored = of(Target::OpenWhisk, ".dockerignore");
        assert!(ignored.contains("!/legacy\n"), "{ignored}");
        let notes = notes(Target::OpenWhisk, &bundle, Some(&application));
        assert!(
            notes.iter().any(|note| note.contains("no secret")),
            "{notes:?}"
        );
    }

    #[test]
    fn a_container_has_certificates_and_can_be_read_by_its_user() {
        let lines = dockerfile("");
        assert!(lines.contains("/etc/ssl/certs /etc/ssl/certs"), "{lines}");
        assert!(lines.contains("COPY --chown=node:node . /app"), "{lines}");
    }

    #[test]
    fn what_the_platform_could_not_start_is_refused_with_the_reason() {
        for (target, told) in [
            (Target::AwsServerless, "knows no runtime nodejs22.x"),
            (Target::Azure, "custom handlers have no Node"),
            (Target::Alibaba, "which Node its custom runtime has"),
            (Target::Tencent, "which Node its custom runtime has"),
        ] {
            let error = packed(target, "notes").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains(told), "{error}");
        }
        let error = packed(Target::Gcp, "legacy").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the package has a legacy of its own: rename the program"
        );
    }
}
