//! Packages of a program of this machine: what is in them, and what is refused.

use std::io::Read as _;

use super::*;

/// A small one, which every Linux has.
fn own_program() -> Vec<u8> {
    std::fs::read("/bin/cat").unwrap()
}

fn source(program: &[u8]) -> PackageSource<'_> {
    PackageSource {
        program,
        name: "notes",
        architecture: None,
        application: None,
        events_path: None,
        bundle: None,
    }
}

fn packed(target: Target, program: &[u8]) -> (Vec<u8>, Vec<String>) {
    let package = package(target, &source(program)).unwrap();
    match package.content {
        Content::Archive { bytes, .. } => (bytes, package.notes),
        Content::Directory(_) => panic!("an archive was expected"),
    }
}

/// Name, mode and content of each entry.
fn entries(archive: &[u8]) -> Vec<(String, u32, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
    let mut entries = Vec::new();
    for number in 0..archive.len() {
        let mut entry = archive.by_index(number).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let mode = entry.unix_mode().unwrap() & 0o777;
        entries.push((entry.name().to_owned(), mode, content));
    }
    entries
}

#[test]
fn archives_hold_the_program_by_the_name_that_the_platform_starts() {
    let program = own_program();
    for (target, name) in [
        (Target::Aws, "bootstrap"),
        (Target::AwsServerless, "bootstrap"),
        (Target::Alibaba, "bootstrap"),
    ] {
        let (archive, _) = packed(target, &program);
        let entries = entries(&archive);
        assert_eq!(entries.len(), 1);
        let (found, mode, content) = &entries[0];
        assert_eq!((found.as_str(), *mode), (name, 0o755));
        assert!(content == &program);
    }
    let entries = entries(&packed(Target::Tencent, &program).0);
    let names: Vec<_> = entries
        .iter()
        .map(|(name, mode, _)| (name.as_str(), *mode))
        .collect();
    let expected = ["bootstrap", "notes", "scf_bootstrap"].map(|name| (name, 0o755));
    assert_eq!(names, expected);
    // Which of the two SCF has started says what kind of function it is.
    for (at, platform) in [(0, "tencent-scf-events"), (2, "tencent-scf")] {
        let script = String::from_utf8(entries[at].2.clone()).unwrap();
        let export = format!("export ISOBAR_PLATFORM=\"${{ISOBAR_PLATFORM:-{platform}}}\"\n");
        let expected = format!("#!/bin/bash\n{export}exec \"$(dirname \"$0\")/notes\"\n");
        assert_eq!(script, expected);
    }
}

#[test]
fn an_archive_for_azure_holds_what_its_host_reads_and_names_functions_by_the_secret() {
    let program = own_program();
    let declared =
        br#"{"name":"a","collections":[],"buckets":[],"settings":[],"secrets":[],"routes":[],
        "schedules":[{"name":"nightly","cron":"0 3 * * *"}]}"#;
    let application = Application::parse(declared).unwrap();
    let unnamed = PackageSource {
        application: Some(&application),
        ..source(&program)
    };
    let error = package(Target::Azure, &unnamed).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    let named = PackageSource {
        events_path: Some("/events-0123456789abcdef"),
        ..unnamed
    };
    let Content::Archive { bytes, .. } = package(Target::Azure, &named).unwrap().content else {
        panic!("an archive was expected");
    };
    let entries = entries(&bytes);
    let found: Vec<_> = entries
        .iter()
        .map(|(name, mode, _)| (name.as_str(), *mode))
        .collect();
    let function = "events-0123456789abcdef-nightly/function.json";
    assert_eq!(
        found,
        [(function, 0o644), ("host.json", 0o644), ("notes", 0o755)]
    );
    let host = String::from_utf8(entries[1].2.clone()).unwrap();
    assert!(
        host.contains("\"defaultExecutablePath\": \"notes\""),
        "{host}"
    );
}

#[test]
fn a_program_called_like_what_the_package_has_is_called_otherwise_there() {
    let program = own_program();
    let declared =
        br#"{"name":"a","collections":[],"buckets":[],"settings":[],"secrets":[],"schedules":[],
        "routes":[{"methods":["GET"],"path":"/","opaque":false}]}"#;
    let application = Application::parse(declared).unwrap();
    for (target, name, starter) in [
        (Target::Tencent, "bootstrap", "scf_bootstrap"),
        (Target::Tencent, "SCF_bootstrap", "bootstrap"),
        (Target::Azure, "requests", "host.json"),
        (Target::Gcp, "Dockerfile", "Dockerfile"),
        (Target::OpenFaas, "home", "Dockerfile"),
    ] {
        let source = PackageSource {
            name,
            application: Some(&application),
            ..source(&program)
        };
        let package = package(target, &source).unwrap();
        let files = match package.content {
            Content::Archive { bytes, .. } => entries(&bytes),
            Content::Directory(files) => {
                let files = files.into_iter();
                files.map(|file| (file.path, 0, file.content)).collect()
            }
        };
        let inside = format!("{name}-program");
        let found = |path: &str| files.iter().find(|(found, _, _)| found == path).unwrap();
        assert!(found(&inside).2 == program, "{name}");
        let starter = String::from_utf8(found(starter).2.clone()).unwrap();
        assert!(starter.contains(&inside), "{starter}");
        let clash = |(path, _, _): &&(String, u32, Vec<u8>)| {
            path.split('/').next().unwrap().eq_ignore_ascii_case(name)
        };
        let clashing = files.iter().filter(clash).count();
        assert!(clashing <= 1 && package.notes.iter().any(|note| note.contains(&inside)));
    }
}

#[test]
fn the_same_program_gives_the_same_bytes() {
    let program = own_program();
    let packages = [
        packed(Target::Tencent, &program).0,
        packed(Target::Tencent, &program).0,
    ];
    assert!(packages[0] == packages[1]);
}

#[test]
fn containers_are_built_from_a_directory() {
    let program = own_program();
    let package = package(Target::Knative, &source(&program)).unwrap();
    let Content::Directory(files) = package.content else {
        panic!("a directory was expected");
    };
    let names: Vec<_> = files
        .iter()
        .map(|file| (file.path.as_str(), file.executable))
        .collect();
    let expected = [
        ("notes", true),
        ("Dockerfile", false),
        (".dockerignore", false),
    ];
    assert_eq!(names, expected);
}

#[test]
fn what_is_no_program_for_linux_or_another_machine_is_refused() {
    let program = own_program();
    for wrong in [&b""[..], b"#!/bin/sh\n", b"\x7fELF", &program[..100]] {
        let error = package(Target::Aws, &source(wrong)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Binary, "{error}");
    }
    let other = match inspect(&program).unwrap().architecture {
        Architecture::X86_64 => Architecture::Arm64,
        Architecture::Arm64 => Architecture::X86_64,
    };
    let wanted = PackageSource {
        architecture: Some(other),
        ..source(&program)
    };
    let error = package(Target::Aws, &wanted).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Binary, "{error}");
    // Byte 18 of the head is the machine.
    let mut foreign = program.clone();
    foreign[18] = 243;
    let error = package(Target::Aws, &source(&foreign)).unwrap_err();
    assert!(error.to_string().contains("243"), "{error}");
}

#[test]
fn a_truncated_program_is_told_and_never_panics() {
    let program = own_program();
    for length in (0..4_096).step_by(97).chain([program.len() / 2]) {
        drop(inspect(&program[..length]));
    }
}

#[test]
fn a_program_that_the_platform_cannot_load_is_noted() {
    let facts = |loader: Option<&str>, glibc| ProgramFacts {
        architecture: Architecture::X86_64,
        loader: loader.map(str::to_owned),
        glibc,
    };
    let notes = |target, facts: &ProgramFacts| Limits::of(target).notes(target, facts);
    let gnu = "/lib64/ld-linux-x86-64.so.2";
    assert_eq!(notes(Target::Aws, &facts(None, None)), Vec::<String>::new());
    assert_eq!(
        notes(Target::Aws, &facts(Some(gnu), Some((2, 34)))),
        Vec::<String>::new()
    );
    let new = notes(Target::Aws, &facts(Some(gnu), Some((2, 39))));
    assert!(
        new[0].contains("2.39") && new[0].contains("2.34"),
        "{new:?}"
    );
    let old = notes(Target::Tencent, &facts(Some(gnu), Some((2, 28))));
    assert!(old[0].contains("2.17"), "{old:?}");
    let musl = notes(Target::Aws, &facts(Some("/lib/ld-musl-x86_64.so.1"), None));
    assert!(musl[0].contains("crt-static"), "{musl:?}");
    let unknown = notes(Target::Azure, &facts(Some(gnu), Some((2, 34))));
    assert!(unknown[0].contains("not known"), "{unknown:?}");
}

#[test]
fn a_package_beyond_the_limits_is_refused_or_noted() {
    let limits = Limits::of(Target::Aws);
    let error = limits.check(Target::Aws, 262_144_001, 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    limits.check(Target::Aws, 262_144_000, 262_144_000).unwrap();
    assert!(limits.note_of_size(52_428_801).unwrap().contains("bucket"));
    assert_eq!(limits.note_of_size(52_428_800), None);
    let error = Limits::of(Target::Alibaba).check(Target::Alibaba, 1, 524_288_001);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::TooLarge);
}
